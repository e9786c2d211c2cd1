// Signing in with a provider: to the page that was asked for, and a refusal with its reason.
//
// MERIDIAN_PERSON is the URL at which the provider is told who comes next.
import assert from "node:assert/strict";

import { browse, findings, keep, VIEWS } from "./browser.mjs";

const comes = async (email) => {
  const told = await fetch(process.env.MERIDIAN_PERSON, { method: "POST", body: new URLSearchParams({ email }) });
  assert.equal(told.status, 200);
};

for (const view of VIEWS) {
  await browse(
    async (page) => {
      const at = `${view.width}-${view.theme}`;
      await comes("nobody@example.net");
      await page.goto("/console/zones?tab=x");
      await page.getByRole("link", { name: "Sign in with Example" }).waitFor();
      assert.deepEqual(await findings(page), []);
      await keep(page, `sign-in-${at}`);
      await page.getByRole("link", { name: "Sign in with Example" }).click();
      await page.getByText("'nobody@example.net' is no user here.").waitFor();
      assert.deepEqual(await findings(page), []);
      await keep(page, `sign-in-refused-${at}`);
      await page.reload();
      await page.getByRole("link", { name: "Sign in with Example" }).waitFor();
      assert.equal(await page.getByText("is no user here").count(), 0);

      await comes("ada@example.net");
      await page.goto("/console/zones?tab=x");
      await page.getByRole("link", { name: "Sign in with Example" }).click();
      await page.getByRole("heading", { name: "Hosted zones", level: 1 }).waitFor();
      assert.equal(new URL(page.url()).search, "?tab=x");
      await page.getByRole("button", { name: "admin" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByLabel("User", { exact: true }).waitFor();
    },
    { ...view, signedIn: false },
  );
}
