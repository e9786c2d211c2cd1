import { describe, expect, it } from "vitest";

import { csvOf } from "./csv";

describe("a list as CSV", () => {
  it.each([
    [["plain", 7], "plain,7\r\n"],
    [["a,b", 'say "hi"', "two\nlines"], '"a,b","say ""hi""","two\nlines"\r\n'],
    [["", "with space"], ",with space\r\n"],
  ])("%o", (row, line) => expect(csvOf(["one"], [row])).toBe(`one\r\n${line}`));
  it("of nothing is its header", () => expect(csvOf(["Name", "Id"], [])).toBe("Name,Id\r\n"));
});
