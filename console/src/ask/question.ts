// A question to the name server, as the page's address holds it and as `/meridian/explain` is asked.

export const TYPES = ["A", "AAAA", "CNAME", "MX", "TXT", "NS", "SOA", "CAA", "SRV", "PTR", "NAPTR", "DS", "HTTPS", "SVCB", "TLSA", "SSHFP", "SPF", "ANY"] as const;

export interface Question {
  name: string;
  type: string;
  /** The resolver's address; empty for this server's own. */
  resolver: string;
  /** EDNS client subnet: an address or a network; empty for a query without. */
  subnet: string;
  /** A country or subdivision that the client is in, such as `DE` or `US-TX`; it stands for a network there. */
  place: string;
  /** Ids of health checks that are supposed to be so. */
  unhealthy: readonly string[];
  healthy: readonly string[];
}

export function read(parameters: URLSearchParams): Question {
  const one = (key: string) => parameters.get(key) ?? "";
  return {
    name: one("name"),
    type: one("type") || "A",
    resolver: one("client"),
    subnet: one("subnet"),
    place: one("place"),
    unhealthy: parameters.getAll("unhealthy"),
    healthy: parameters.getAll("healthy"),
  };
}

/** For the page's address; what is empty is left out. */
export function write(question: Question): URLSearchParams {
  const found = explainQuery(question);
  if (question.place !== "") found.set("place", question.place);
  return found;
}

/** For `/meridian/explain`; `network` stands for the place. */
export function explainQuery(question: Question, network = ""): URLSearchParams {
  const found = new URLSearchParams({ name: question.name.trim(), type: question.type });
  if (question.resolver.trim() !== "") found.set("client", question.resolver.trim());
  const subnet = question.subnet.trim() || network;
  if (subnet !== "") found.set("subnet", subnet);
  for (const id of question.unhealthy) found.append("unhealthy", id);
  for (const id of question.healthy) found.append("healthy", id);
  return found;
}

/** The same question for a terminal. */
export function digLine({ name, type }: Question, subnet: string, server: string): string {
  return ["dig", `@${server}`, ...(subnet === "" ? [] : [`+subnet=${subnet}`]), name.trim(), type].join(" ");
}

export function explainLine(question: Question, subnet: string): string {
  const options = [
    ...(question.resolver.trim() === "" ? [] : [`--client ${question.resolver.trim()}`]),
    ...(subnet === "" ? [] : [`--subnet ${subnet}`]),
    ...question.unhealthy.map((id) => `--unhealthy ${id}`),
    ...question.healthy.map((id) => `--healthy ${id}`),
  ];
  return ["meridian explain", question.name.trim(), question.type, ...options].join(" ");
}
