// Search, why, and health: an address is found, an answer is explained, a check is made and overruled, and the wire follows.
//
// Then every page, in both themes, is looked at by axe; with MERIDIAN_SCREENSHOTS, the path of a folder, each is kept there
// as an image at both widths. The test has made what there is to see: MERIDIAN_SEEN, JSON (tests/journeys/test_console_pages.py).
import assert from "node:assert/strict";

import { browse, dig, findings, keep, VIEWS } from "./browser.mjs";

const { zone, policy, collection, port } = JSON.parse(process.env.MERIDIAN_SEEN);
const NAME = "shop.pages.example";
let check = "";

await browse(async (page) => {
  await page.goto("/console/");
  await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  await seeRates(page);
  await findAddress(page);
  check = await createCheck(page);
  await useCheck(page, check);
  await askWhy(page);
  await askFromMap(page);
  await overrule(page);
  await seeActivity(page);
});

const PAGES = {
  overview: "/",
  zones: "/zones",
  zone: `/zones/${zone}`,
  checks: "/checks",
  check: `/checks/${check}`,
  "check-create": "/checks/create",
  policies: "/policies",
  policy: `/policies/${policy}`,
  editor: `/policies/${policy}/versions/1`,
  "policy-records": "/policy-records",
  places: "/places",
  place: `/places/${collection}`,
  activity: "/activity",
  ask: `/ask?${new URLSearchParams({ name: NAME, type: "A", unhealthy: check })}`,
  search: "/search?q=192.0.2.10",
  settings: "/settings",
};
for (const view of VIEWS) {
  await browse(async (page) => {
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(`/console${path}`);
      await page.getByRole("heading", { level: 1 }).or(page.locator(".react-flow__node")).first().waitFor();
      await page.waitForLoadState("load");
      if (view.width === 1280) assert.deepEqual([name, await findings(page)], [name, []]);
      await keep(page, `${name}-${view.width}-${view.theme}`);
    }
  }, view);
}

await browse(deletePolicyRecord, VIEWS[0]);

/** A policy record that is deleted is gone from the list and from the wire. */
async function deletePolicyRecord(page) {
  assert.equal(dig("play.pages.example", "A").length, 1);
  await page.goto("/console/policy-records");
  await page.getByRole("row", { name: /play\.pages\.example/ }).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  const dialog = page.getByRole("dialog");
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByText("The policy record is deleted.").waitFor();
  const end = Date.now() + 20_000;
  while (dig("play.pages.example", "A").length > 0) {
    assert.ok(Date.now() < end, "the policy record is still answered");
    await page.waitForTimeout(20);
  }
}

/** What is asked over DNS is drawn for the edge that was asked. */
async function seeRates(page) {
  const asked = page.getByRole("img", { name: /^Questions by edge a second: / });
  const end = Date.now() + 30_000;
  while ((await asked.count()) === 0) {
    assert.ok(Date.now() < end, "no rate of any edge is drawn");
    dig("www.pages.example", "A");
  }
  await page.getByRole("img", { name: /^Questions by zone a second: pages\.example / }).waitFor();
}

/** An address typed into the top bar finds the records that hold it in both zones, and the policy. */
async function findAddress(page) {
  await page.keyboard.press("/");
  await page.keyboard.type("192.0.2.10");
  await page.getByRole("option", { name: "www.pages.example A" }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Everything with “192.0.2.10”" }).waitFor();
  for (const name of ["www.pages.example A", "also.other.example A", "by hand"]) await page.getByRole("link", { name }).waitFor();
  assert.equal(await page.getByRole("link", { name: "near.pages.example A" }).count(), 0); // 192.0.2.100 is another address
}

/** Fills the form for a TCP check of the API's own port; gives the check's id. */
async function createCheck(page) {
  await page.goto("/console/checks");
  await page.getByRole("button", { name: "Create health check" }).first().click();
  await page.getByRole("heading", { name: "Create health check", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Create health check" }).click();
  await page.getByText("Give an address, a domain name, or both.").waitFor();
  await page.getByRole("button", { name: /^Type/ }).click();
  await page.getByRole("option", { name: /^TCP/ }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ohio");
  await page.getByRole("textbox", { name: "Address" }).fill("127.0.0.1");
  await page.getByRole("textbox", { name: "Port" }).fill(port);
  await page.getByRole("radio", { name: "10 seconds" }).check();
  await page.getByRole("textbox", { name: "Results in a row" }).fill("1");
  await page.getByRole("button", { name: "Create health check" }).click();
  await page.getByRole("heading", { name: "Ohio", level: 1 }).waitFor();
  await page.getByText("1 of 1 checker sees it healthy").first().waitFor();
  return new URL(page.url()).pathname.split("/").at(-1);
}

/** A failover pair whose primary follows the check, sent as the record form sends it. */
async function useCheck(page, id) {
  const half = (SetIdentifier, Failover, Value, more) => ({ Action: "CREATE", ResourceRecordSet: { Name: NAME, Type: "A", TTL: 5, SetIdentifier, Failover, ...more, ResourceRecords: [{ Value }] } });
  const changes = [half("ohio", "PRIMARY", "192.0.2.10", { HealthCheckId: id }), half("paris", "SECONDARY", "192.0.2.20", {})];
  const status = await page.evaluate(
    async ([zone, changes]) => {
      const body = JSON.stringify({ HostedZoneId: zone, ChangeBatch: { Changes: changes } });
      const reply = await fetch("/console/api/call/ChangeResourceRecordSets", { method: "POST", body, headers: { "X-Meridian-Console": "1", "Content-Type": "application/json" } });
      return reply.status;
    },
    [zone, changes],
  );
  assert.equal(status, 200);
  await answers(page, ["192.0.2.10"]);
}

/** The primary is chosen; supposed down, the secondary is, and the address of the page holds the question. */
async function askWhy(page) {
  await page.getByRole("button", { name: "Why this answer" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(NAME);
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.locator(".arm.chosen").getByText("ohio", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Suppose of health checks" }).click();
  await page.getByRole("button", { name: /^Supposed unhealthy/ }).click();
  await page.getByRole("option", { name: /Ohio/ }).click();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.locator(".arm.chosen").getByText("paris", { exact: true }).waitFor();
  await page.locator(".arm.excluded").getByText("Not chosen: its health check is unhealthy").waitFor();
  await page.reload();
  await page.locator(".arm.chosen").getByText("paris", { exact: true }).waitFor();
  assert.deepEqual(dig(NAME, "A"), ["192.0.2.10"]); // what is supposed changes nothing
}

/** A client picked on the map with the keyboard, in Texas, is the one that the answer is for, there and in the record form. */
async function askFromMap(page) {
  await page.goto(`/console/ask?${new URLSearchParams({ name: NAME, type: "A" })}`);
  await pickTexas(page);
  await page.getByRole("button", { name: /Country of the client/ }).getByText("Texas, United States").waitFor();
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await page.getByText("The client is in United States (TX)").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("place"), "US-TX");

  await page.goto(`/console/zones/${zone}`);
  await page.getByRole("link", { name: /^Edit www\.pages\.example A/ }).click();
  await pickTexas(page);
  await page.getByText("NOERROR, to a client in US, NA").first().waitFor();
}

async function pickTexas(page) {
  await page.getByRole("button", { name: "Pick on a map" }).click();
  const dialog = page.getByRole("dialog");
  const map = dialog.getByRole("application", { name: /enter picks the country there/ });
  await map.focus();
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp", ...Array(10).fill("ArrowLeft")]) await page.keyboard.press(`Shift+${key}`);
  await page.keyboard.press("Enter");
  await dialog.getByText("198.51.100.128/26").waitFor();
  assert.deepEqual(await findings(page), []);
  await dialog.getByRole("button", { name: "Use this client" }).click();
}

/** An operator's word turns the check on the page and on the wire, and back. */
async function overrule(page) {
  await page.goto(`/console/checks/${check}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Override" }).click();
  await page.getByRole("radio", { name: /^Unhealthy/ }).check();
  await page.getByRole("textbox", { name: "Reason" }).fill("drill");
  await page.getByRole("button", { name: "Set override" }).click();
  await page.getByText("Counts as unhealthy, by hand").waitFor();
  await page.getByText("Unhealthy", { exact: true }).first().waitFor();
  await answers(page, ["192.0.2.20"]);
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "End the override" }).click();
  await page.getByText("Counts as unhealthy, by hand").waitFor({ state: "detached" });
  await answers(page, ["192.0.2.10"]);
}

/** The change is in the audit trail, with what it was before. */
async function seeActivity(page) {
  await page.goto(`/console/activity?${new URLSearchParams({ name: NAME, type: "A" })}`);
  await page.getByRole("button", { name: `${NAME} A ohio` }).first().click();
  await page.getByText(`"HealthCheckId": "${check}"`).waitFor();
}

/** Waits until the wire answers so. */
async function answers(page, values) {
  const end = Date.now() + 20_000;
  while (JSON.stringify(dig(NAME, "A")) !== JSON.stringify(values)) {
    assert.ok(Date.now() < end, `${NAME} does not come to ${values}`);
    await page.waitForTimeout(20);
  }
}
