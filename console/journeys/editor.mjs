// Draws the policy of R-VIS-16 with the mouse, and again by keyboard alone; each is applied to a name in each of two zones.
//
// France to an endpoint; everyone else by latency between two regions; in each a failover pair, of which the
// primary has the health check whose host is the region's. The zones and the checks are there already.
import assert from "node:assert/strict";

import { browse, findings } from "./browser.mjs";

const ZONES = ["drawn.example", "second.example"];
const REGIONS = [
  { region: "us-east-1", primary: "192.0.2.11", secondary: "192.0.2.12" },
  { region: "us-west-1", primary: "192.0.2.21", secondary: "192.0.2.22" },
];
const FRANCE = "192.0.2.99";

let page;
await browse(async (opened) => {
  page = opened;
  await mouse("mouse", "www");
  await applied("mouse");
  await keyboard("keyboard", "typed");
  await applied("keyboard");
  await draft();
});

/** A draft of a further version: what is wrong is marked, in the JSON too, and all of it is kept over a reload. */
async function draft() {
  await page.getByRole("button", { name: "Edit as new version", exact: true }).click();
  await page.locator('[data-key="endpoint:endpoint"]').click();
  await page.getByRole("textbox", { name: /^Value of type A/ }).fill("192.0.2.98.1");
  await page.getByText("1 error").waitFor();
  await page.getByRole("button", { name: "Problems" }).click();
  await page.getByRole("button", { name: "endpoint", exact: true }).waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByText("JSON", { exact: true }).click();
  const json = page.getByRole("textbox", { name: "Document in JSON" });
  await json.fill((await json.inputValue()).replace('"192.0.2.98.1"', '"192.0.2.98'));
  await page.getByRole("button", { name: /^Show line \d/ }).waitFor();
  await json.fill((await json.inputValue()).replace('"192.0.2.98', '"192.0.2.98"'));
  await page.getByText("No problems").waitFor();
  await page.locator('[data-key="endpoint:endpoint"]').getByText("192.0.2.98", { exact: true }).waitFor();
  await page.waitForFunction(() => Object.values(localStorage).some((kept) => kept.includes('"192.0.2.98"')));
  await page.reload();
  await page.getByText("This is your draft").waitFor();
  await page.locator('[data-key="endpoint:endpoint"]').getByText("192.0.2.98", { exact: true }).waitFor();
}

/** Waits until the edges serve both names, and goes on to the policy's page. */
async function applied(policy) {
  await page.getByRole("heading", { name: `2 names answer by version 1 of ${policy}` }).waitFor();
  await page.getByText("INSYNC: every name server answers so").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { name: policy, level: 1 }).waitFor();
}

async function mouse(policy, name) {
  await page.goto("/console/policies");
  await page.getByRole("button", { name: "Create policy" }).first().click();
  await drawTo("start", 0, "Geolocation");
  await page.getByRole("button", { name: "Add another" }).click();
  await arm(2).getByRole("button", { name: /Location/ }).click();
  await page.getByPlaceholder("Find a country or a continent").filter({ visible: true }).fill("France");
  await page.getByRole("option", { name: /^France/ }).first().click();
  await drawTo("rule:geo", 1, "Value of type A");
  await page.getByRole("textbox", { name: /^Value of type A/ }).fill(FRANCE);
  await drawTo("rule:geo", 0, "Latency");
  for (const [at, { region }] of REGIONS.entries()) {
    await arm(at + 1).getByRole("combobox", { name: "Region" }).fill(region);
    await page.keyboard.press("Escape");
  }
  for (const [at, { region, primary, secondary }] of REGIONS.entries()) {
    const rule = at === 0 ? "rule:failover" : `rule:failover-${at + 1}`;
    await drawTo("rule:latency", at, "Failover");
    await arm("Primary").getByRole("button", { name: /^Health check/ }).click();
    await page.getByRole("option", { name: new RegExp(`${region}.example.net`) }).click();
    for (const [side, value] of [primary, secondary].entries()) {
      await drawTo(rule, side, "Value of type A");
      await page.getByRole("textbox", { name: /^Value of type A/ }).fill(value);
    }
  }
  await page.getByText("No problems").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("textbox", { name: "Policy name" }).fill(policy);
  await page.getByRole("textbox", { name: "Description of the version" }).fill("drawn with the mouse");
  await page.getByRole("button", { name: "Create policy" }).click();
  await page.getByRole("heading", { name: `Apply ${policy}` }).waitFor();
  for (const [at, zone] of ZONES.entries()) {
    if (at > 0) await page.getByRole("button", { name: "Add another zone" }).click();
    await page.getByRole("button", { name: /^Hosted zone/ }).nth(at).click();
    await page.getByRole("option", { name: new RegExp(`^${zone}`) }).click();
    await page.getByRole("textbox", { name: "Names before the zone's" }).nth(at).fill(name);
  }
  await page.getByText("All of it can be applied").waitFor();
  assert.deepEqual(await findings(page), []);
  await page.getByRole("button", { name: `Apply to ${ZONES.length} names` }).click();
}

/** The fields of an arm, by its number from 1 on, or by its side. */
function arm(which) {
  return page.getByRole("group", { name: typeof which === "number" ? new RegExp(`^${which}\\.`) : which });
}

/** Drags from a port to empty canvas, and says what to create there. */
async function drawTo(box, handle, what) {
  const port = await page.locator(`.react-flow__handle.source[data-nodeid="${box}"][data-handleid="${handle}"]`).boundingBox();
  const canvas = await page.locator(".editor .canvas").boundingBox();
  await page.mouse.move(port.x + port.width / 2, port.y + port.height / 2);
  await page.mouse.down();
  await page.mouse.move(port.x + 60, port.y + 40, { steps: 4 });
  await page.mouse.move(canvas.x + canvas.width / 2, canvas.y + canvas.height - 30, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("option", { name: new RegExp(`^${what}`) }).first().click();
}

async function keyboard(policy, name) {
  await tabTo(() => document.activeElement?.textContent === "Traffic policies");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Traffic policies" }).waitFor();
  await tabTo(() => document.activeElement?.textContent === "Create policy");
  await page.keyboard.press("Enter");
  await page.locator('[data-key="start"]').waitFor();
  await tabTo(() => document.activeElement?.getAttribute("data-key") === "start");
  await create("geolocation rule");
  await keys("a");
  await focused("[data-arm]");
  await open();
  await keys("ArrowDown");
  await page.getByPlaceholder("Find a country or a continent").filter({ visible: true }).waitFor();
  await page.keyboard.type("France");
  await page.getByRole("option", { name: /^France/ }).first().waitFor();
  await keys("ArrowDown", "Enter");
  await focused("button[aria-haspopup]");
  await toCanvas("rule:geo", "1");
  await create("value");
  await field(FRANCE, "endpoint:endpoint");
  await step("ArrowLeft");
  await step("ArrowUp");
  await create("latency");
  await step("ArrowRight");
  for (const [at, { region }] of REGIONS.entries()) {
    await field(region, "rule:latency", String(at));
    await step("ArrowDown");
  }
  // From the box after the rule back to its first arm.
  await tabTo(() => document.activeElement?.getAttribute("data-key") === "rule:latency", { back: true });
  await step("ArrowRight");
  for (const [at, { region, primary, secondary }] of REGIONS.entries()) {
    const rule = at === 0 ? "rule:failover" : `rule:failover-${at + 1}`;
    await create("failover");
    await step("ArrowRight");
    await open();
    await tabTo(() => document.activeElement?.getAttribute("aria-haspopup") === "dialog" || document.activeElement?.getAttribute("aria-haspopup") === "listbox");
    await keys("ArrowDown");
    await page.getByRole("option", { name: new RegExp(`${region}.example.net`) }).waitFor();
    for (let tried = 0; tried < 5 && !(await highlighted(region)); tried++) await keys("ArrowDown");
    await keys("Enter");
    await focused("button[aria-haspopup]");
    await toCanvas(rule, "0");
    for (const [side, value] of [primary, secondary].entries()) {
      await create("value");
      await page.waitForFunction(() => document.activeElement?.getAttribute("data-key")?.startsWith("endpoint:"));
      const made = await page.evaluate(() => document.activeElement?.getAttribute("data-key"));
      await field(value, made);
      await step("ArrowLeft");
      if (side === 0) await step("ArrowDown");
    }
    await step("ArrowLeft");
    await step("ArrowLeft");
    await step("ArrowDown");
  }
  await page.getByText("No problems").waitFor();
  await keys("Control+z");
  await keys("Control+y");
  await keys("Control+s");
  await page.getByRole("textbox", { name: "Policy name" }).waitFor();
  await tabTo(() => document.activeElement instanceof HTMLInputElement && document.activeElement.type === "text");
  await page.keyboard.type(policy);
  await keys("Tab");
  await page.keyboard.type("drawn by keyboard alone");
  await keys("Enter");
  await page.getByRole("heading", { name: `Apply ${policy}` }).waitFor();
  for (const [at, zone] of ZONES.entries()) {
    if (at > 0) {
      await tabTo(() => document.activeElement?.textContent === "Add another zone");
      await keys("Enter");
    }
    await tabTo(() => document.activeElement?.textContent?.includes("Choose a zone") === true && document.activeElement.tagName === "BUTTON", { back: at > 0 });
    await keys("ArrowDown");
    await page.getByRole("option", { name: new RegExp(`^${zone}`) }).waitFor();
    await page.keyboard.type(zone);
    await keys("ArrowDown", "Enter");
    await tabTo(() => document.activeElement instanceof HTMLTextAreaElement && document.activeElement.value === "");
    await page.keyboard.type(name);
  }
  await page.getByText("All of it can be applied").waitFor();
  await tabTo(() => document.activeElement?.textContent === "Apply to 2 names");
  await keys("Enter");
}

/** Presses Tab until what has the focus fits. */
async function tabTo(fits, { back = false } = {}) {
  for (let pressed = 0; pressed < 120; pressed++) {
    if (await page.evaluate(fits)) return;
    await page.keyboard.press(back ? "Shift+Tab" : "Tab");
  }
  assert.fail(`no Tab leads to ${fits}`);
}

async function keys(...pressed) {
  for (const key of pressed) await page.keyboard.press(key);
}

/** Goes to another box or arm, and waits until it has the focus. */
async function step(key) {
  const spot = () => `${document.activeElement?.getAttribute("data-key")} ${document.activeElement?.getAttribute("data-arm")}`;
  const before = await page.evaluate(spot);
  await keys(key);
  await page.waitForFunction((old) => document.activeElement?.hasAttribute("data-key") && `${document.activeElement.getAttribute("data-key")} ${document.activeElement.getAttribute("data-arm")}` !== old, before);
}

/** Opens the fields of what is selected. */
async function open() {
  await keys("e");
  await focused(".side *");
}

function focused(selector) {
  return page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
}

/** Connects what is selected to something new. */
async function create(what) {
  await keys("c");
  await page.getByRole("combobox", { name: /^What/ }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "combobox");
  await page.keyboard.type(what);
  await keys("Enter");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.hasAttribute("data-key"));
}

/** Types into the first field of what is selected, and goes back to it. */
async function field(value, key, arm) {
  await open();
  await page.keyboard.type(value);
  await toCanvas(key, arm);
}

/** Presses Escape until the canvas has the focus again: the first may close a list. */
async function toCanvas(key, arm) {
  for (let pressed = 0; pressed < 3; pressed++) {
    await keys("Escape");
    const back = page.waitForFunction(
      ([box, number]) => document.activeElement?.getAttribute("data-key") === box && (number === undefined || document.activeElement.getAttribute("data-arm") === number),
      [key, arm],
      { timeout: pressed === 2 ? 10_000 : 1_000 },
    );
    if (await back.then(() => true, () => false)) return;
  }
  throw new Error(`Escape does not lead back to ${key}`);
}

function highlighted(text) {
  return page.evaluate((wanted) => {
    const id = document.activeElement?.getAttribute("aria-activedescendant");
    return id !== null && id !== undefined && document.getElementById(id)?.textContent?.includes(wanted) === true;
  }, text);
}
