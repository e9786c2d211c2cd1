import { describe, expect, it } from "vitest";

import { digLine, explainLine, explainQuery, read, write } from "./question";

const FULL = "name=www.example.com&type=AAAA&client=192.0.2.53&subnet=198.51.100.0%2F24&unhealthy=c1&unhealthy=c2&healthy=c3&place=DE";

describe("a question stands in the page's address", () => {
  it.each([FULL, "name=www.example.com&type=A"])("%s", (text) => expect(write(read(new URLSearchParams(text))).toString()).toBe(text));
  it("asks for A where it says nothing", () => expect(read(new URLSearchParams()).type).toBe("A"));
});

describe("a place stands for a network in it", () => {
  const question = { ...read(new URLSearchParams("name=a.example&place=DE")), subnet: "" };
  it("unless a subnet is given", () => {
    expect(explainQuery(question, "203.0.113.0/24").get("subnet")).toBe("203.0.113.0/24");
    expect(explainQuery({ ...question, subnet: "192.0.2.0/24" }, "203.0.113.0/24").get("subnet")).toBe("192.0.2.0/24");
  });
  it("and the call knows no place", () => expect(explainQuery(question, "203.0.113.0/24").has("place")).toBe(false));
});

describe("the same question for a terminal", () => {
  const question = read(new URLSearchParams(FULL));
  it("dig", () => expect(digLine(question, "198.51.100.0/24", "ns1")).toBe("dig @ns1 +subnet=198.51.100.0/24 www.example.com AAAA"));
  it("meridian explain", () => expect(explainLine(question, "")).toBe("meridian explain www.example.com AAAA --client 192.0.2.53 --unhealthy c1 --unhealthy c2 --healthy c3"));
});
