import { describe, expect, it } from "vitest";

import { shown } from "./found";

const record = { kind: "record", zone_id: "Z1", zone_name: "example.com.", name: "\\052.example.com.", type: "A", set_identifier: null, values: ["192.0.2.1", "192.0.2.2"], alias_target: null } as const;

describe("what a search finds has its place", () => {
  it("shows the value that was looked for", () => {
    expect(shown(record, "0.2.2")).toEqual({ title: "*.example.com A", detail: "192.0.2.2 and 1 more · in example.com", path: "/zones/Z1?from=*.example.com" });
  });
  it("shows where an alias leads", () => {
    expect(shown({ ...record, values: [], alias_target: "www.example.com." }, "www").detail).toBe("alias of www.example.com · in example.com");
  });
  it("calls a check without a name by its id", () => {
    expect(shown({ kind: "check", id: "7f7c", name: "" }, "7f")).toEqual({ title: "7f7c", detail: "", path: "/checks/7f7c" });
  });
});
