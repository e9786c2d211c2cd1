// Documents to begin with.
export const EXAMPLES: readonly { title: string; document: object }[] = [
  {
    title: "nearest of two regions, each with a spare",
    document: {
      AWSPolicyFormatVersion: "2023-05-09",
      RecordType: "A",
      StartRule: "region",
      Endpoints: {
        "east-1": { Type: "value", Value: "192.0.2.11" },
        "east-2": { Type: "value", Value: "192.0.2.12" },
        "west-1": { Type: "value", Value: "192.0.2.21" },
        "west-2": { Type: "value", Value: "192.0.2.22" },
      },
      Rules: {
        region: { RuleType: "latency", Regions: [{ Region: "us-east-1", RuleReference: "east" }, { Region: "us-west-1", RuleReference: "west" }] },
        east: { RuleType: "failover", Primary: { EndpointReference: "east-1" }, Secondary: { EndpointReference: "east-2" } },
        west: { RuleType: "failover", Primary: { EndpointReference: "west-1" }, Secondary: { EndpointReference: "west-2" } },
      },
    },
  },
  {
    title: "a tenth to a new release",
    document: {
      AWSPolicyFormatVersion: "2023-05-09",
      RecordType: "A",
      StartRule: "release",
      Endpoints: { stable: { Type: "value", Value: "192.0.2.1" }, canary: { Type: "value", Value: "192.0.2.2" } },
      Rules: { release: { RuleType: "weighted", Items: [{ Weight: "90", EndpointReference: "stable" }, { Weight: "10", EndpointReference: "canary" }] } },
    },
  },
];
