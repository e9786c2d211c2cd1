// The record types: what each says, and what a value of it looks like.
import type { RecordType } from "./policy";

export const TYPES: Readonly<Record<RecordType, readonly [string, string]>> = {
  A: ["The IPv4 addresses of a name.", "192.0.2.1"],
  AAAA: ["The IPv6 addresses of a name.", "2001:db8::1"],
  CAA: ["Which authorities may issue certificates for it.", '0 issue "ca.example.net"'],
  CNAME: ["Another name for the same thing; nothing else can stand at this name.", "www.example.com"],
  DS: ["The fingerprint of the key that a signed zone below is signed with.", "12345 13 2 49FD46E6C4B45C55D4AC…"],
  HTTPS: ["How browsers reach it: protocols, ports, address hints.", "1 . alpn=h2,h3"],
  MX: ["Where its mail goes; the least preference is tried first.", "10 mail.example.com"],
  NAPTR: ["A rule that rewrites a name, as telephony uses it.", '100 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .'],
  NS: ["The name servers of a zone; below the apex it delegates.", "ns1.example.net"],
  PTR: ["The name of an address, in a reverse zone.", "host.example.com"],
  SOA: ["The start of the zone: primary, contact, serial, timers.", "ns1.example.net. hostmaster.example.com. 1 7200 900 1209600 86400"],
  SPF: ["Who may send mail for it; TXT has taken its place.", '"v=spf1 mx -all"'],
  SRV: ["Where a service is: priority, weight, port, host.", "10 5 5060 sip.example.com"],
  SSHFP: ["The fingerprint of a host's SSH key.", "4 2 123456789abcdef67890123456789abcdef678901234567"],
  SVCB: ["How clients of a service reach it.", "1 svc.example.net port=8443"],
  TLSA: ["The certificate that a service has.", "3 1 1 d2abde240d7cd3ee6b4b28c54df034b9…"],
  TXT: ["Text, in quotes; up to 255 characters in each pair.", '"v=spf1 mx -all"'],
};

/** Types that cannot be created or removed: a zone has one of its own (R-APX-1). */
export const ALL_TYPES = (Object.keys(TYPES) as RecordType[]).filter((type) => type !== "SOA");
