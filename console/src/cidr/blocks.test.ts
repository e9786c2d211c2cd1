import { describe, expect, it } from "vitest";

import { readNetworks, removal } from "./blocks";

describe("networks as they are pasted", () => {
  it.each([
    ["192.0.2.0/24", ["192.0.2.0/24"]],
    ["192.0.2.0/24, 2001:db8::/48\n192.0.2.0/24;203.0.113.0/24 ", ["192.0.2.0/24", "2001:db8::/48", "203.0.113.0/24"]],
    [" \n", []],
  ])("%j", (text, networks) => expect(readNetworks(text)).toEqual(networks));
});

it("blocks are removed location by location", () => {
  const blocks = [{ network: "192.0.2.0/24", location: "a" }, { network: "2001:db8::/48", location: "b" }, { network: "203.0.113.0/24", location: "a" }];
  expect(removal(blocks)).toEqual([
    { LocationName: "a", Action: "DELETE_IF_EXISTS", CidrList: ["192.0.2.0/24", "203.0.113.0/24"] },
    { LocationName: "b", Action: "DELETE_IF_EXISTS", CidrList: ["2001:db8::/48"] },
  ]);
});
