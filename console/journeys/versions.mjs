// A check switched off and seen on canvas and wire; a second version made, compared, applied and taken back; a resource
// found and replaced.
//
// The policies `mouse` and `keyboard` are drawn already, and each answers for two names (editor.mjs). Somebody asks for those of the
// first all the while: tests/journeys/test_console_editor.py.
import assert from "node:assert/strict";

import { browse, dig, findings, until } from "./browser.mjs";

const { checks, toronto, names } = JSON.parse(process.env.MERIDIAN_SEEN);
const [CHECK] = checks;

await browse(async (page) => {
  await switchOff(page);
  await secondVersion(page);
  await compare(page);
  await apply(page);
  await rollBack(page);
  await replaceResource(page);
});

/** Said to be unhealthy, the primary's check turns the tree, as the editor and as the wire have it; and back. */
async function switchOff(page) {
  await lit(page, "endpoint:endpoint-2");
  await override(page, async () => {
    await page.getByRole("button", { name: "Override" }).click();
    await page.getByRole("radio", { name: /^Unhealthy/ }).check();
    await page.getByRole("textbox", { name: "Reason" }).fill("drill");
    await page.getByRole("button", { name: "Set override" }).click();
  });
  await answers(names[0], "192.0.2.12");
  await lit(page, "endpoint:endpoint-3");
  await page.locator('[data-key="rule:failover"][data-arm="0"]').getByText(/drill/).waitFor();
  assert.deepEqual(await findings(page), []);
  await override(page, () => page.getByRole("button", { name: "End the override" }).click());
  await answers(names[0], "192.0.2.11");
}

async function override(page, act) {
  await page.goto(`/console/checks/${CHECK}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await act();
}

/** Simulates a question from Toronto, and waits until the way that it goes ends there. */
async function lit(page, endpoint) {
  await open(page, "mouse");
  await page.getByRole("button", { name: "Edit as new version", exact: true }).click();
  await page.getByRole("button", { name: "Simulate" }).click();
  await page.getByRole("combobox", { name: "Client" }).fill(toronto);
  await page.keyboard.press("Escape");
  await page.locator(`.box.lit [data-key="${endpoint}"]`).waitFor();
}

async function open(page, policy) {
  await page.goto("/console/policies");
  await page.getByRole("link", { name: policy, exact: true }).click();
  await page.getByRole("heading", { name: policy, level: 1 }).waitFor();
}

/** Other addresses everywhere, and an endpoint of its own for Germany. */
async function secondVersion(page) {
  await open(page, "mouse");
  await page.getByRole("button", { name: "Edit as new version", exact: true }).click();
  await page.locator('[data-key="rule:geo"]').first().click();
  await page.getByRole("button", { name: "Add another" }).click();
  const germany = page.getByRole("group", { name: /^3\./ });
  await germany.getByRole("button", { name: /Location/ }).click();
  await page.getByPlaceholder("Find a country or a continent").filter({ visible: true }).fill("Germany");
  await page.getByRole("option", { name: /^Germany/ }).first().click();
  await page.getByText("JSON", { exact: true }).click();
  const json = page.getByRole("textbox", { name: "Document in JSON" });
  const next = JSON.parse(await json.inputValue());
  for (const endpoint of Object.values(next.Endpoints)) endpoint.Value = endpoint.Value.replace("192.0.2.", "198.51.100.");
  next.Endpoints.germany = { Type: "value", Value: "198.51.100.98" };
  next.Rules.geo.Locations[2].EndpointReference = "germany";
  await json.fill(JSON.stringify(next, null, 2));
  await page.locator('[data-key="endpoint:germany"]').waitFor();
  await page.getByText("No problems").waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("textbox", { name: "Description of the version" }).fill("other addresses");
  await page.getByRole("button", { name: "Create version" }).click();
  await page.getByText("Version 2 of mouse is saved").waitFor();
  await page.getByRole("heading", { name: "Apply mouse" }).waitFor();
}

/** Version 1 and 2 side by side, with what differs marked, and told. */
async function compare(page) {
  await page.getByRole("link", { name: "mouse", exact: true }).click();
  await page.getByRole("button", { name: "More for version 2" }).click();
  await page.getByRole("menuitem", { name: "Compare with version 1" }).click();
  await page.getByText(/Clients in France \(FR\) move from .*192\.0\.2\.99.* to .*198\.51\.100\.99/).waitFor();
  await page.locator(".react-flow__node.added").getByText("germany").waitFor();
  await page.getByText("2 policy records answer by version 1").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("link", { name: "Apply version 2 to them" }).click();
}

/** Both names, chosen already, move after it is shown what that changes. */
async function apply(page) {
  for (const name of names) await page.getByRole("checkbox", { name: `${name} A`, checked: true }).waitFor();
  await page.getByText("All of it can be applied").waitFor();
  await page.getByText(/clients in Germany \(DE\)/).waitFor();
  await page.getByRole("button", { name: "Apply to 2 names" }).click();
  await page.getByText("INSYNC: every name server answers so").waitFor();
  for (const name of names) assert.deepEqual(dig(name, "A", { subnet: toronto }), ["198.51.100.11"]);
}

/** One click on the policy's page, and both are where they were. */
async function rollBack(page) {
  await page.getByRole("button", { name: "Done" }).click();
  for (const name of names) await page.getByRole("checkbox", { name: `${name} A` }).check();
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByText(/are back at version 1, and all name servers answer so/).waitFor();
  for (const name of names) {
    const row = page.getByRole("row", { name: new RegExp(name) });
    await row.getByText("1", { exact: true }).waitFor();
    await row.getByText("Applied").waitFor();
    assert.deepEqual(dig(name, "A", { subnet: toronto }), ["192.0.2.11"]);
  }
}

/** Found by its address, an endpoint is replaced for all names of a policy, and the names go back in one click. */
async function replaceResource(page) {
  await page.goto("/console/policies");
  await page.getByRole("button", { name: "Find a resource" }).click();
  await page.getByRole("searchbox", { name: "Resource" }).fill("192.0.2.22");
  await page.keyboard.press("Enter");
  for (const name of [...names, "typed.drawn.example", "typed.second.example"]) await page.getByText(name, { exact: true }).waitFor();
  await page.getByRole("textbox", { name: "Replacement" }).fill("192.0.2.122");
  await page.getByText(/keyboard: version 2, made from version 1/).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Replace for 4 names" }).click();
  await page.getByText("INSYNC: every name server answers so").waitFor();
  await page.getByRole("button", { name: "Roll back 4 names" }).click();
  await page.getByText("3 → 1").first().waitFor();
  await page.getByText("INSYNC: every name server answers so").waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("192.0.2.122").waitFor({ state: "detached" });
}

/** Waits until the wire answers a client in Toronto so. */
async function answers(name, value) {
  await until(() => dig(name, "A", { subnet: toronto }).join() === value, `${name} does not come to ${value}`);
}
