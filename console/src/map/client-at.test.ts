import { describe, expect, it } from "vitest";

import { clientAt } from "./client-at";

const client = (country: string, subdivision: string | null) => ({ country, subdivision, network: `${country}${subdivision}`, latitude: null, longitude: null });
const CLIENTS = [client("US", null), client("US", "TX"), client("DE", null)];

describe("the client at a place", () => {
  it.each([
    [{ country: "US", state: "US-TX" }, "USTX"],
    [{ country: "US", state: "US-CA" }, "USnull"],
    [{ country: "DE" }, "DEnull"],
    [{ country: "FR" }, undefined],
    [{}, undefined],
  ])("%o", (there, network) => expect(clientAt(CLIENTS, there)?.network).toBe(network));
});
