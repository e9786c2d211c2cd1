import { describe, expect, it } from "vitest";

import { read, write } from "./chosen";

const held = (text: string | null) => ({ getItem: () => text });

describe("what was chosen for a list", () => {
  it("is kept", () => {
    let kept = "";
    const chosen = { pageSize: 20, columns: [{ id: "b", visible: false }, { id: "a", visible: true }] };
    write("zones", chosen, { setItem: (key, value) => (kept = `${key} ${value}`) });
    expect(kept.startsWith("meridian.list.zones ")).toBe(true);
    expect(read("zones", ["a", "b"], held(kept.slice(kept.indexOf(" ") + 1)))).toEqual(chosen);
  });
  it("lets columns come and go", () =>
    expect(read("x", ["a", "c"], held('{"pageSize": 20, "columns": [{"id": "b", "visible": true}, {"id": "a", "visible": false}]}')).columns).toEqual([
      { id: "a", visible: false },
      { id: "c", visible: true },
    ]));
  it.each([null, "", "{", "7", "null", '{"pageSize": -1, "columns": [7, null, {"id": 1}]}'])("%s is no choice", (text) =>
    expect(read("x", ["a"], held(text))).toEqual({ pageSize: 50, columns: [{ id: "a", visible: true }] }));
});
