// A zone from nothing: records as one batch, a refusal, a change, and the way back with the keyboard alone.
import assert from "node:assert/strict";

import { browse, dig, findings, tabTo } from "./browser.mjs";

await browse(async (page) => {
  await page.getByRole("button", { name: "Create hosted zone" }).first().click();
  await page.getByRole("textbox", { name: "Domain name" }).fill("journey.example");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Create hosted zone" }).click();
  await page.getByRole("heading", { name: "journey.example", level: 1 }).waitFor();

  await arm(page, "blue", "255", "192.0.2.1");
  await arm(page, "green", "0", "192.0.2.2");
  await page.getByRole("button", { name: "Create record" }).click();
  await page.getByRole("switch", { name: "Alias" }).or(page.getByRole("checkbox", { name: "Alias" })).check();
  await page.getByRole("textbox", { name: "Leads to" }).fill("app.journey.example");
  await page.getByText("100 % → blue, 0 % → green").or(page.getByText("NOERROR")).first().waitFor();
  await add(page);

  await page.getByRole("button", { name: "Create record" }).click();
  await choose(page, "Type", "CNAME");
  await page.getByRole("textbox", { name: "Values" }).fill("elsewhere.example");
  await add(page);
  await page.getByText("RRSet of type CNAME with DNS name journey.example. is not permitted at apex in zone journey.example.").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Take back journey.example CNAME" }).click();
  await page.getByText("The batch can be applied").first().waitFor();
  await page.getByRole("textbox", { name: "Comment" }).fill("The first records");
  await page.getByRole("button", { name: "Apply 3 changes" }).click();
  await page.getByText("3 changes are applied, and all name servers answer so.").waitFor();
  assert.deepEqual([dig("app.journey.example", "A"), dig("journey.example", "A")], [["192.0.2.1"], ["192.0.2.1"]]);
  await page.getByText("100 % → blue, 0 % → green").waitFor();

  await weigh(page, "blue", "0");
  await weigh(page, "green", "255");
  await page.reload(); // what is pending stays
  await page.getByRole("button", { name: "Apply 2 changes" }).click();
  await page.getByText("2 changes are applied, and all name servers answer so.").waitFor();
  assert.deepEqual([dig("app.journey.example", "A"), dig("journey.example", "A")], [["192.0.2.2"], ["192.0.2.2"]]);

  await page.reload();
  await page.getByText("100 % → green, 0 % → blue").waitFor();
  await tabTo(page, "Records");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await page.getByText("Before and after").waitFor();
  await tabTo(page, "Undo the change of app.journey.example. A");
  await page.keyboard.press("Enter");
  await page.getByText("The batch can be applied").first().waitFor();
  await tabTo(page, "Apply 2 changes", { most: 5 }); // the tray has taken the focus
  await page.keyboard.press("Enter");
  await page.getByText("2 changes are applied, and all name servers answer so.").waitFor();
  assert.deepEqual([dig("app.journey.example", "A"), dig("journey.example", "A")], [["192.0.2.1"], ["192.0.2.1"]]);
  assert.deepEqual(await findings(page), []);
});

async function arm(page, identifier, weight, value) {
  await page.getByRole("button", { name: "Create record" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("app");
  await choose(page, "Routing policy", "Weighted");
  await page.getByRole("textbox", { name: "Identifier" }).fill(identifier);
  await page.getByRole("textbox", { name: "Weight" }).fill(weight);
  await page.getByRole("textbox", { name: "Values" }).fill(value);
  await add(page);
}

async function weigh(page, identifier, weight) {
  const arms = page.getByRole("button", { name: "Show the arms of app.journey.example A" });
  const edit = page.getByRole("link", { name: `Edit app.journey.example A ${identifier}` });
  await arms.or(edit).first().waitFor();
  if (await arms.isVisible()) await arms.click();
  await edit.click();
  await page.getByRole("textbox", { name: "Weight" }).fill(weight);
  await add(page);
}

async function choose(page, label, option) {
  await page.getByRole("button", { name: new RegExp(`^${label}\\b`) }).click();
  await page.getByRole("option", { name: new RegExp(`^${option}\\b`) }).click();
}

async function add(page) {
  await page.getByRole("button", { name: "Add to pending changes" }).click();
  await page.getByRole("button", { name: "Add to pending changes" }).waitFor({ state: "detached" });
}
