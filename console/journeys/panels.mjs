// Map, simulation and comparison of a traffic policy, with the keyboard where a mouse would do as well.
import assert from "node:assert/strict";

import { browse, findings, tabTo, until } from "./browser.mjs";

const to = (id) => ({ EndpointReference: id });
const near = (bias) => ({
  AWSPolicyFormatVersion: "2023-05-09",
  RecordType: "A",
  StartRule: "near",
  Endpoints: { fra: { Type: "value", Value: "192.0.2.1" }, spare: { Type: "value", Value: "192.0.2.2" }, iad: { Type: "value", Value: "192.0.2.3" } },
  Rules: {
    near: {
      RuleType: "geoproximity",
      GeoproximityLocations: [
        { RuleReference: "pair", Location: { Type: "Region", LocationName: "aws:route53:eu-central-1" }, Bias: bias },
        { ...to("iad"), Location: { Type: "Region", LocationName: "aws:route53:us-east-1" } },
      ],
    },
    pair: { RuleType: "failover", Primary: to("fra"), Secondary: to("spare") },
  },
});
const europe = { AWSPolicyFormatVersion: "2015-10-01", RecordType: "A", StartRule: "place", Endpoints: { eu: { Type: "value", Value: "192.0.2.1" } }, Rules: { place: { RuleType: "geo", Locations: [{ Continent: "EU", ...to("eu") }] } } };

await browse(async (page) => {
  const call = async (name, input) => {
    const reply = await page.request.post(`/console/api/call/${name}`, { headers: { "X-Meridian-Console": "1" }, data: input });
    assert.ok(reply.ok(), await reply.text());
    return reply.json();
  };
  const { HealthCheck } = await call("CreateHealthCheck", { CallerReference: "panels", HealthCheckConfig: { Type: "CALCULATED", HealthThreshold: 0, ChildHealthChecks: [] } });
  const document = near(0);
  document.Rules.pair.Primary.HealthCheck = HealthCheck.Id;
  document.Rules.near.GeoproximityLocations[1].HealthCheck = HealthCheck.Id;
  const { TrafficPolicy } = await call("CreateTrafficPolicy", { Name: "panels-near", Document: JSON.stringify(document) });
  document.Rules.near.GeoproximityLocations[0].Bias = 50;
  document.Endpoints.spare.Value = "192.0.2.9";
  await call("CreateTrafficPolicyVersion", { Id: TrafficPolicy.Id, Document: JSON.stringify(document) });
  const gaps = await call("CreateTrafficPolicy", { Name: "panels-gaps", Document: JSON.stringify(europe) });

  // The map: who gets a point, before and after its bias has grown.
  await page.goto(`/console/policies/${TrafficPolicy.Id}/versions/1`);
  await page.getByRole("button", { name: "Map", exact: true }).click();
  const map = page.getByRole("application", { name: /Territories of 2 places/ });
  await map.focus();
  for (let step = 0; step < 4; step++) await page.keyboard.press("Shift+ArrowUp"); // to 40 degrees north
  for (let step = 0; step < 5; step++) await page.keyboard.press("Shift+ArrowLeft"); // and 50 degrees west, nearer to Virginia
  await page.keyboard.press("Enter");
  await page.getByText("40° N, 50° W goes to 2, us-east-1").waitFor();
  await page.getByRole("button", { name: /1.*eu-central-1, Frankfurt/ }).first().click();
  await page.getByRole("slider", { name: /Bias of 1/ }).focus();
  await page.keyboard.press("End");
  await page.getByText("40° N, 50° W goes to 1, eu-central-1, Frankfurt").waitFor();
  await map.focus();
  for (const key of ["+", "+", "-", "0"]) await page.keyboard.press(key);
  const colours = () =>
    map.evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
  await until(async () => (await colours()) > 4, "the map has hardly a colour");
  assert.deepEqual(await findings(page, ".panel"), []);
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  await page.getByText('"Bias": "99"').first().waitFor();

  // The simulation: the same question with the check down goes elsewhere.
  await page.getByRole("button", { name: "Simulate", exact: true }).click();
  await tabTo(page, "Client");
  await page.keyboard.type("198.51.100.7");
  await page.keyboard.press("Escape");
  await page.getByText(/A client .* gets 192\.0\.2\.[13]/).waitFor();
  await page.getByRole("button", { name: "Down", exact: true }).click();
  await page.getByText(/A client .* gets 192\.0\.2\.2, by near: eu-central-1 \(\+99\).* → pair: Secondary/).waitFor();
  const lit = page.locator(".react-flow .box.lit .title");
  await until(async () => (await lit.allTextContents()).join() === "Start,near,pair,192.0.2.2", "the path is not lit");
  assert.deepEqual(await findings(page, ".panel"), []);

  // A rule that leaves most of the world without an answer says so.
  await page.goto(`/console/policies/${gaps.TrafficPolicy.Id}/versions/1`);
  await page.getByRole("button", { name: "Map", exact: true }).click();
  await page.getByText(/Without a default, clients whose place nobody knows get no answer, nor does anybody in/).waitFor();
  assert.deepEqual(await findings(page, ".panel"), []);

  // The comparison, reached from the policy's page.
  await page.goto(`/console/policies/${TrafficPolicy.Id}`);
  await page.getByRole("button", { name: "More for version 2" }).click();
  await page.getByRole("menuitem", { name: "Compare with version 1" }).click();
  await page.getByRole("heading", { name: "What changes for clients" }).waitFor();
  await page.getByText(/192\.0\.2\.2.*192\.0\.2\.9/).first().waitFor();
  await page.getByText("Boxes: 2 changed (near, spare).").waitFor();
  await until(async () => (await page.locator(".compared .react-flow__node.changed").count()) === 4, "four boxes are not marked as changed");
  assert.deepEqual(await findings(page, "main"), []);
});
