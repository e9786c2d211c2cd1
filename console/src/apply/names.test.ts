import { expect, it } from "vitest";

import { fullNames } from "./names";

it.each([
  ["", ["example.com"]],
  ["www", ["www.example.com"]],
  ["www\n  shop \n", ["www.example.com", "shop.example.com"]],
  ["www.example.com.", ["www.example.com"]],
  ["@", ["example.com"]],
  ["example.com", ["example.com"]],
  ["www, www", ["www.example.com"]],
])("%j in example.com", (typed, names) => expect(fullNames(typed, "example.com")).toEqual(names));
