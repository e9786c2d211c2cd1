// A private zone: made for one network, shown to another, and to that one no more.
import assert from "node:assert/strict";

import { browse, dig, findings } from "./browser.mjs";

const [NOBODY, IN_OFFICE, IN_PLANT] = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
const seen = () => [NOBODY, IN_OFFICE, IN_PLANT].map((client) => dig("www.corp.example", "A", { client }).length);

await browse(async (page) => {
  await page.getByRole("button", { name: "Create hosted zone" }).first().click();
  await page.getByRole("textbox", { name: "Domain name" }).fill("corp.example");
  await page.getByRole("radio", { name: /^Private/ }).check();
  await page.getByRole("combobox", { name: "Network" }).fill("vpc-nowhere");
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Region" }).fill("eu-central-1");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Create hosted zone" }).click();
  await page.getByText("InvalidVPCId").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Domain name" }).inputValue(), "corp.example");
  await network(page, "vpc-office");
  assert.equal(await page.getByRole("combobox", { name: "Region" }).inputValue(), "eu-central-1");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Create hosted zone" }).click();
  await page.getByRole("heading", { name: "corp.example", level: 1 }).waitFor();

  await page.getByRole("button", { name: "Create record" }).first().click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("www");
  await page.getByRole("textbox", { name: "Values" }).fill("10.0.0.1");
  await page.getByRole("button", { name: "Add to pending changes" }).click();
  await page.getByRole("button", { name: "Apply 1 change" }).click();
  await page.getByText("1 change is applied, and all name servers answer so.").waitFor();
  assert.deepEqual(seen(), [0, 1, 0]);

  await page.getByRole("tab", { name: "Zone and tags" }).click();
  assert.ok(await page.getByRole("button", { name: "Remove vpc-office" }).isDisabled()); // one has to stay
  await page.getByRole("button", { name: "Associate network" }).click();
  await network(page, "vpc-plant");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Associate", exact: true }).click();
  await page.getByText("vpc-plant sees corp.example, and all name servers answer so.").waitFor();
  assert.deepEqual(seen(), [0, 1, 1]);

  await page.getByRole("button", { name: "Remove vpc-office" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByText("vpc-office sees corp.example no more, and all name servers answer so.").waitFor();
  assert.deepEqual(seen(), [0, 0, 1]);
  assert.deepEqual(await findings(page), []);
});

/** Chooses a network of those that the operator has named. */
async function network(page, id) {
  await page.getByRole("combobox", { name: "Network" }).fill(id);
  await page.getByRole("option", { name: new RegExp(id) }).last().click();
}
