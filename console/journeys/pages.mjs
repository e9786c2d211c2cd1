// Search, why, and health: an address is found, an answer is explained, a check is made and overruled, and the wire follows.
//
// Then every page, in both themes, is looked at by axe; with MERIDIAN_SCREENSHOTS, the path of a folder, each is kept there
// as an image at both widths. The test has made what there is to see: MERIDIAN_SEEN, JSON (tests/journeys/test_console_pages.py).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { browse, dig, findings, keep, until, VIEWS } from "./browser.mjs";

const { zone, hidden, policy, collection, port } = JSON.parse(process.env.MERIDIAN_SEEN);
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
  await takeAway(page);
});

const PAGES = {
  overview: "/",
  zones: "/zones",
  "zone-create": "/zones/create",
  zone: `/zones/${zone}`,
  "zone-history": `/zones/${zone}?tab=history`,
  "zone-files": `/zones/${zone}?tab=files`,
  "zone-details": `/zones/${zone}?tab=details`,
  "zone-private": `/zones/${hidden}?tab=details`,
  "zone-unknown": "/zones/Z0NOWHERE",
  checks: "/checks",
  check: `/checks/${check}`,
  "check-create": "/checks/create",
  "check-edit": `/checks/${check}/edit`,
  "check-unknown": "/checks/00000000-0000-0000-0000-000000000000",
  "checks-filtered": `/checks?${new URLSearchParams({ filter: JSON.stringify({ tokens: [{ propertyKey: "name", operator: "=", value: "nothing" }], operation: "and" }) })}`,
  policies: "/policies",
  policy: `/policies/${policy}`,
  editor: `/policies/${policy}/versions/1`,
  "policy-records": "/policy-records",
  places: "/places",
  place: `/places/${collection}`,
  activity: "/activity",
  ask: `/ask?${new URLSearchParams({ name: NAME, type: "A", unhealthy: check })}`,
  "ask-nothing": "/ask",
  "ask-refused": `/ask?${new URLSearchParams({ name: NAME, type: "A", subnet: "nonsense" })}`,
  search: "/search?q=192.0.2.10",
  "search-nothing": "/search?q=no-such-thing",
  settings: "/settings",
};
for (const width of new Set(VIEWS.map((view) => view.width))) {
  const views = VIEWS.filter((view) => view.width === width);
  await browse(async (page) => {
    for (const [name, path] of Object.entries(PAGES)) {
      await page.goto(`/console${path}`);
      await page.getByRole("heading", { level: 1 }).or(page.locator(".react-flow__node")).first().waitFor();
      await page.waitForLoadState("load");
      await settled(page);
      if (name === "overview" && process.env.MERIDIAN_SCREENSHOTS) await askForAWhile(page);
      for (const { theme } of views) {
        await inTheme(page, theme);
        if (width === 1280) assert.deepEqual([name, theme, await findings(page)], [name, theme, []]);
        await keep(page, `${name}-${width}-${theme}`);
      }
    }
  }, views[0]);
}

await browse(deletePolicyRecord, VIEWS[0]);

/** Nothing is loading, and pages that have no heading of their own show what they have instead. */
async function settled(page) {
  await page.waitForFunction(() => document.querySelector("[class*=spinner], [class*=status-loading]") === null);
}

/** As somebody changes the theme. */
async function inTheme(page, theme) {
  const change = page.getByRole("button", { name: `Change to the ${theme} theme` });
  if ((await change.count()) > 0) await change.click();
}

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
  await until(() => dig("play.pages.example", "A").length === 0, "the policy record is still answered");
}

/** So that charts have something to show. */
async function askForAWhile(page) {
  for (let second = 0; second < 30; second++) {
    for (const name of ["www.pages.example", "shop.pages.example", "none.pages.example", "also.other.example"]) dig(name, second % 3 === 0 ? "AAAA" : "A");
    await page.waitForTimeout(500);
  }
}

/** What is asked over DNS is drawn for the edge that was asked. */
async function seeRates(page) {
  const asked = page.getByRole("img", { name: /^Questions by edge a second: / });
  const drawn = async () => {
    dig("www.pages.example", "A");
    return (await asked.count()) > 0;
  };
  await until(drawn, "no rate of any edge is drawn");
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
  await answers("192.0.2.10");
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
  await answers("192.0.2.20");
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "End the override" }).click();
  await page.getByText("Counts as unhealthy, by hand").waitFor({ state: "detached" });
  await answers("192.0.2.10");
}

/** The change is in the audit trail, with what it was before. */
async function seeActivity(page) {
  await page.goto(`/console/activity?${new URLSearchParams({ name: NAME, type: "A" })}`);
  await page.getByRole("button", { name: `${NAME} A ohio` }).first().click();
  await page.getByText(`"HealthCheckId": "${check}"`).waitFor();
}

/** Lists are saved as CSV, objects are copied as other tools write them, and columns that nobody wants go, for good. */
async function takeAway(page) {
  const saved = async (button) => {
    const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
    return readFileSync(await download.path(), "utf8").split("\r\n");
  };
  await page.goto("/console/zones");
  const zones = await saved(page.getByRole("button", { name: "Download as CSV" }));
  assert.equal(zones[0], "Name,Type,Record sets,Comment,Id");
  assert.ok(zones.includes(`pages.example,Public,7,,${zone}`), zones.join("\n"));
  await page.goto(`/console/zones/${zone}?tab=files`);
  const records = await saved(page.getByRole("button", { name: "Download CSV" }));
  assert.ok(records.includes(`${NAME},A,5,Failover,ohio,primary,192.0.2.10,,${check}`), records.join("\n"));
  await page.goto("/console/zones");
  await page.goto(await page.getByRole("link", { name: "pages.example" }).getAttribute("href")); // as in a new tab
  await page.getByRole("heading", { name: "pages.example", level: 1 }).waitFor();
  await page.goto("/console/activity");
  const activity = await saved(page.getByRole("button", { name: "Download as CSV" }));
  assert.equal(activity[0], "When,User,Access key,Did,Kind,What,Resource,Action,Request id,Before,After");
  assert.ok(activity.some((line) => line.includes(`,Created,Record,${NAME} A ohio,${zone},`)), activity.join("\n"));

  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`/console/checks/${check}`);
  await page.getByRole("button", { name: "Copy as" }).click();
  await page.getByRole("menuitem", { name: "Terraform" }).click();
  await page.getByText("The health check is copied as Terraform.").waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^resource "aws_route53_health_check" "ohio" \{/);

  await page.goto("/console/checks");
  await page.getByRole("button", { name: "Preferences" }).click();
  await page.getByRole("switch", { name: "Reason" }).or(page.getByRole("checkbox", { name: "Reason" })).uncheck();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.reload();
  await page.getByRole("columnheader", { name: "Looks at" }).waitFor();
  assert.equal(await page.getByRole("columnheader", { name: "Reason" }).count(), 0);
}

/** Waits until the wire answers so. */
async function answers(value) {
  await until(() => dig(NAME, "A").join() === value, `${NAME} does not come to ${value}`);
}
