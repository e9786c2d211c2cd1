// A browser for journeys: signed in, with everything that it complains of kept.
//
// The tests in tests/journeys/ start a server and run these files with node. They say in the environment
// where it is: MERIDIAN_CONSOLE (a URL), MERIDIAN_USER, MERIDIAN_PASSWORD, MERIDIAN_DNS (address and port). With
// MERIDIAN_FAILED, the path of an image, a journey that fails leaves a picture there.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium } from "playwright-core";

const PATIENCE = 40_000; // milliseconds; a machine under load may be slow, but never this slow
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs `journey(page)` in a browser of its own, signed in unless it is to do that itself. Fails if the page ever complained. */
export async function browse(journey, { width = 1280, height = 900, theme = "light", signedIn = true } = {}) {
  const { MERIDIAN_CONSOLE: url } = process.env;
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  const complaints = [];
  try {
    const page = await browser.newPage({ viewport: { width, height }, reducedMotion: "reduce", baseURL: url });
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const isRefusal = message.text().startsWith("Failed to load resource"); // the page shows it in its own way
      if (message.type() === "error" && !isRefusal) complaints.push(message.text());
    });
    await page.addInitScript((chosen) => localStorage.setItem("meridian.theme", chosen), theme);
    try {
      if (signedIn) await signIn(page);
      await journey(page);
    } catch (error) {
      if (process.env.MERIDIAN_FAILED) await page.screenshot({ path: process.env.MERIDIAN_FAILED });
      throw Object.assign(error, { complaints });
    }
    assert.deepEqual(complaints, []);
  } finally {
    await browser.close();
  }
}

async function signIn(page) {
  const { MERIDIAN_USER: user, MERIDIAN_PASSWORD: password } = process.env;
  await page.goto("/console/zones");
  await page.getByLabel("User", { exact: true }).fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: user }).waitFor();
}

/** Keeps the page as an image in the folder MERIDIAN_SCREENSHOTS, if there is one, once nothing on it is loading. */
export async function keep(page, name) {
  const folder = process.env.MERIDIAN_SCREENSHOTS;
  if (!folder) return;
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => document.querySelector("[class*=spinner]") === null);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled" });
}

/** Both themes at 1280 pixels; at 1920 as well where images are kept. */
export const VIEWS = [[1280, 800], ...(process.env.MERIDIAN_SCREENSHOTS ? [[1920, 1080]] : [])].flatMap(([width, height]) => ["light", "dark"].map((theme) => ({ width, height, theme })));

/** The values that our name server answers with: to another address of this machine, or to a subnet that is told. */
export function dig(name, type, { client = "127.0.0.1", subnet } = {}) {
  const [host, port] = process.env.MERIDIAN_DNS.split(" ");
  const told = subnet === undefined ? [] : [`+subnet=${subnet}`];
  const text = execFileSync("dig", [`@${host}`, "-p", port, "-b", client, "+short", "+tries=1", "+time=5", ...told, name, type], { encoding: "utf8" });
  return text.trim().split("\n").filter((line) => line !== "").sort();
}

/** Waits until `holds()` is true; what a page draws may come a moment after what it says. */
export async function until(holds, otherwise) {
  const end = Date.now() + PATIENCE;
  while (!(await holds())) {
    if (Date.now() > end) assert.fail(otherwise);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

/** Presses Tab until what has the focus is called so. */
export async function tabTo(page, name, { backwards = false, most = 150 } = {}) {
  for (let pressed = 0; pressed < most; pressed++) {
    await page.keyboard.press(backwards ? "Shift+Tab" : "Tab");
    const called = await page.evaluate(() => {
      const element = document.activeElement;
      const labels = (element?.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "");
      return [element?.getAttribute("aria-label"), labels.join(" ").trim(), element?.textContent?.trim()].find((text) => text) ?? "";
    });
    if (called === name) return;
  }
  assert.fail(`no ${name} within ${most} tabs`);
}

/** Serious findings of axe on the page as it is now, or on the part of it that a selector names. */
export async function findings(page, part = "body") {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const { violations } = await page.evaluate((within) => window.axe.run(within === "body" ? document : within, { resultTypes: ["violations"] }), part);
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}
