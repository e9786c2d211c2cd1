// A zone into a file and out of one: a file that cannot be read, one that meets what is there, one that replaces it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";

import { browse, dig, findings } from "./browser.mjs";

const FILE = "$TTL 300\n@ IN SOA ns.elsewhere.example. host.elsewhere.example. 1 2 3 4 5\nwww A 192.0.2.1\n@ MX 10 mail\nmail 60 A 192.0.2.25\n";

await browse(async (page) => {
  await page.getByRole("button", { name: "Create hosted zone" }).first().click();
  await page.getByRole("textbox", { name: "Domain name" }).fill("files.example");
  await page.getByRole("button", { name: "Create hosted zone" }).click();
  await page.getByRole("heading", { name: "files.example", level: 1 }).waitFor();
  await page.getByRole("tab", { name: "Import and export" }).click();

  await page.getByRole("textbox", { name: "Zone file" }).fill("$TTL 300\nwww A 192.0.2.1\nmail A 192.0.2.777\n");
  await page.getByRole("button", { name: "Read the file" }).click();
  await page.getByText(/^zone file:3: /).waitFor();
  assert.deepEqual(await findings(page), []);
  assert.deepEqual(dig("www.files.example", "A"), []); // reading a file changes nothing

  const path = process.env.MERIDIAN_FILE;
  writeFileSync(path, FILE);
  await page.locator("input[type=file]").setInputFiles(path);
  await page.getByRole("button", { name: "Read the file" }).click();
  await page.getByText("The file holds 3 record sets for this zone").waitFor();
  await page.getByText("Left out: SOA and NS of the apex").waitFor();
  await page.getByRole("button", { name: "Import 3 record sets" }).click();
  await page.getByText("3 record sets are imported, and all name servers answer so.").waitFor();
  assert.deepEqual([dig("www.files.example", "A"), dig("files.example", "MX")], [["192.0.2.1"], ["10 mail.files.example."]]);

  await page.getByRole("textbox", { name: "Zone file" }).fill("www 30 A 192.0.2.2\n"); // no $TTL is needed where each has its own
  await page.getByRole("button", { name: "Read the file" }).click();
  await page.getByRole("button", { name: "Import 1 record set" }).click();
  await page.getByText(/www\.files\.example\..*already exists/).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Zone file" }).inputValue(), "www 30 A 192.0.2.2\n"); // what was typed is kept
  await page.getByRole("radio", { name: "Is replaced by what the file says" }).check();
  await page.getByRole("button", { name: "Import 1 record set" }).click();
  await page.getByText("1 record set is imported, and all name servers answer so.").waitFor();
  assert.deepEqual(dig("www.files.example", "A"), ["192.0.2.2"]);

  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download files.example.zone" }).click()]);
  assert.equal(download.suggestedFilename(), "files.example.zone");
  await download.saveAs(path);
  const written = readFileSync(path, "utf8");
  for (const line of ["www.files.example. 30 IN A 192.0.2.2", "files.example. 300 IN MX 10 mail.files.example.", "mail.files.example. 60 IN A 192.0.2.25"]) assert.ok(written.split("\n").includes(line), written);
});
