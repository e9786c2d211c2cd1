// Each page of traffic policies, in both themes, looked at by axe; with MERIDIAN_SCREENSHOTS kept as images at both widths.
//
// The test has made what there is to see: MERIDIAN_SEEN, JSON (tests/journeys/test_console_policies.py).
import assert from "node:assert/strict";

import { browse, findings, keep, VIEWS } from "./browser.mjs";

const { web, large, near, gaps, broken, record } = JSON.parse(process.env.MERIDIAN_SEEN);

/** By the name of its image: the page, what it has to show, and what is done on it before it is looked at. */
const PAGES = {
  "policy-empty-record": [`/policies/${gaps}`, (page) => page.getByText("A policy record lets a version of the policy answer").waitFor()],
  "policy-versions": [`/policies/${web}`, (page) => page.getByText("Applied").first().waitFor()],
  "policy-delete": [`/policies/${web}`, deleteVersion],
  "policy-apply": [`/policies/${web}/apply/2?records=${record}`, previewed],
  "policy-apply-refused": [`/policies/${web}/apply/2`, refused],
  "policy-find": ["/policies/find?value=192.0.2.99", replacing],
  "policy-find-nothing": ["/policies/find?value=192.0.2.200", (page) => page.getByText("No version in use leads to").waitFor()],
  "policy-compare": [`/policies/${web}/compare/1/2`, (page) => page.locator(".react-flow__node.added").waitFor()],
  "policy-missing": [`/policies/${web}/apply/9`, (page) => page.getByText("There is no version 9 of web").waitFor()],
  "editor-new": ["/policies/new", drawn],
  "editor-small": [`/policies/${web}/versions/2`, drawn],
  "editor-large": [`/policies/${large}/versions/1`, drawn],
  "editor-problems": [`/policies/${broken}/versions/1`, problems],
  "editor-json": [`/policies/${gaps}/versions/1`, json],
  "editor-geoproximity": [`/policies/${near}/versions/1`, (page) => map(page, "rule:near")],
  "editor-geolocation": [`/policies/${gaps}/versions/1`, (page) => map(page, "rule:places")],
  "editor-simulate": [`/policies/${web}/versions/2`, simulate],
};

for (const view of VIEWS) {
  await browse(async (page) => {
    for (const [name, [path, until]] of Object.entries(PAGES)) {
      await page.goto(`/console${path}`);
      await until(page);
      if (view.width === 1280) assert.deepEqual([name, await findings(page)], [name, []]);
      await keep(page, `${name}-${view.width}-${view.theme}`);
    }
  }, view);
}

/** The canvas, drawn and judged. */
async function drawn(page) {
  await page.locator(".react-flow__node").first().waitFor();
  await page.getByText(/No problems|\d (error|warning)/).first().waitFor();
}

async function deleteVersion(page) {
  await page.getByRole("button", { name: "More for version 2" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Delete version 2 of web" }).waitFor();
}

async function previewed(page) {
  await page.getByText("All of it can be applied").waitFor();
  await page.getByText(/clients in Germany/).waitFor();
}

/** A name that has records already. */
async function refused(page) {
  await page.getByRole("button", { name: /^Hosted zone/ }).first().click();
  await page.getByRole("option", { name: /^shapes\.example/ }).click();
  await page.getByRole("textbox", { name: "Names before the zone's" }).fill("taken");
  await page.getByText(/but it already exists/).scrollIntoViewIfNeeded();
}

async function replacing(page) {
  await page.getByRole("textbox", { name: "Replacement" }).fill("192.0.2.97");
  await page.getByText(/made from version 1/).waitFor();
}

/** A tree from which something was taken: the boxes are marked, and the list says why. */
async function problems(page) {
  await drawn(page);
  await page.locator('[data-key="endpoint:france"]').click();
  await page.getByRole("textbox", { name: /^Value of type A/ }).fill("192.0.2.999");
  await page.getByRole("button", { name: "Problems" }).click();
  await page.getByText("1 error").waitFor();
  await page.getByRole("button", { name: "france", exact: true }).waitFor();
}

async function json(page) {
  await drawn(page);
  await page.getByText("JSON", { exact: true }).click();
  await page.getByText("Drawn as it is written").waitFor();
}

async function map(page, rule) {
  await drawn(page);
  await page.locator(`[data-key="${rule}"]`).first().click();
  await page.getByRole("button", { name: "Map" }).click();
  await page.getByText(/Click the map, or press enter/).waitFor();
}

/** A client in Germany, whose way is lit, and what moves against version 1. */
async function simulate(page) {
  await drawn(page);
  await page.getByRole("button", { name: "Simulate" }).click();
  await page.getByRole("combobox", { name: "Client" }).fill("Germany");
  await page.keyboard.press("Escape");
  await page.locator('.box.lit [data-key="endpoint:germany"]').waitFor();
  await page.getByRole("button", { name: /^Against/ }).click();
  await page.getByRole("option", { name: /Version 1/ }).click();
  await page.getByText("What moves against version 1").waitFor();
  const only = page.getByRole("table", { name: /Who goes where/ });
  await only.getByText("Singapore, Asia").waitFor({ state: "detached" });
  await only.getByText("Germany, Europe").waitFor();
  await only.getByText("192.0.2.98").waitFor();
}
