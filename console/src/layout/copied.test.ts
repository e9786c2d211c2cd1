import { describe, expect, it } from "vitest";

import { checkForms } from "../check/copy";
import { zoneForms } from "../zone/copy";
import { quoted, terraform } from "./copied";

describe("words of a shell", () => {
  it.each([["plain", "'plain'"], ["it's", "'it'\\''s'"], ["$HOME", "'$HOME'"]])("%s", (text, word) => expect(quoted(text)).toBe(word));
});

describe("resources of Terraform", () => {
  it("stand aligned, with blocks after arguments, and labels that can be", () =>
    expect(terraform("aws_x", "10.Example-com", { a: "${x}", long: 7, of: ["b"], none: undefined, inner: { c: true } })).toBe(
      'resource "aws_x" "_10_example_com" {\n  a    = "$${x}"\n  long = 7\n  of   = ["b"]\n\n  inner {\n    c = true\n  }\n}',
    ));
});

describe("a zone", () => {
  const zone = { HostedZone: { Id: "Z1", Name: "corp.example.", CallerReference: "r", Config: { Comment: "Bob's", PrivateZone: true } }, VPCs: [{ VPCId: "vpc-a", VPCRegion: "eu-west-1" }, { VPCId: "vpc-b", VPCRegion: "us-east-1" }] } as const;
  const forms = zoneForms(zone);
  it("as commands", () =>
    expect(forms.command().split("\n")).toEqual([
      `aws route53 create-hosted-zone --name corp.example --caller-reference "$(date +%s)" --hosted-zone-config '{"Comment":"Bob'\\''s","PrivateZone":true}' --vpc VPCRegion=eu-west-1,VPCId=vpc-a`,
      "aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ID --vpc VPCRegion=us-east-1,VPCId=vpc-b",
    ]));
  it("as Terraform", () => {
    expect(forms.terraform()).toContain('resource "aws_route53_zone" "corp_example" {\n  name    = "corp.example"\n  comment = "Bob\'s"\n\n  vpc {\n');
    expect(forms.terraform()).toContain('resource "aws_route53_zone_association" "corp_example_vpc_b"');
  });
  it("as JSON", () => expect(JSON.parse(forms.json())).toEqual(zone));
});

describe("a health check", () => {
  const forms = checkForms("c1", "Ohio", { Type: "TCP", IPAddress: "192.0.2.1", Port: 53 });
  it("as a command", () => expect(forms.command()).toMatch(/^aws route53 create-health-check .*--health-check-config '\{\n  "Type": "TCP",/s));
  it("as Terraform", () => expect(forms.terraform()).toBe('resource "aws_route53_health_check" "ohio" {\n  type       = "TCP"\n  ip_address = "192.0.2.1"\n  port       = 53\n\n  tags = {\n    Name = "Ohio"\n  }\n}'));
  it("as JSON", () => expect(JSON.parse(forms.json()).Id).toBe("c1"));
});
