// Why this answer: any name, asked as any client, with health checks as one supposes them.
import "../ask/ask.css";

import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import ContentLayout from "@cloudscape-design/components/content-layout";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { colorBorderDividerDefault, colorBorderItemSelected } from "@cloudscape-design/design-tokens";
import { type CSSProperties, useState } from "react";
import { useSearchParams } from "react-router";

import { native } from "../api/client";
import { useAsked } from "../api/use";
import { Answer } from "../ask/answer";
import type { Explanation } from "../ask/explanation";
import { AskForm } from "../ask/form";
import { networkOf, useClients } from "../ask/places";
import { explainQuery, type Question, read, write } from "../ask/question";
import { Walked } from "../ask/steps";
import { Empty } from "../layout/empty";
import { Failure } from "../layout/error";
import { Frame } from "../layout/frame";

const COLORS = { "--arm-edge": colorBorderDividerDefault, "--arm-lit": colorBorderItemSelected } as CSSProperties;

export function Page() {
  const [parameters, setParameters] = useSearchParams();
  const question = read(parameters);
  const [again, setAgain] = useState(0); // chance may choose otherwise each time
  const clients = useClients();
  const network = networkOf(clients.value ?? [], question.place);
  const lost = question.place !== "" && clients.value !== undefined && network === "" && question.subnet === "";
  const query = question.name === "" || lost || (question.place !== "" && clients.loading) ? "" : explainQuery(question, network).toString();
  const asked = useAsked(`${query} ${again}`, (signal) => (query === "" ? Promise.resolve(undefined) : native<Explanation>("GET", `/meridian/explain?${query}`, undefined, signal)));
  const ask = (next: Question) => {
    setParameters(write(next));
    setAgain((count) => count + 1);
  };
  return (
    <Frame title="Why this answer" crumbs={[{ text: "Why this answer", path: "/ask" }]}>
      <ContentLayout header={<Header variant="h1" description="The evaluator that answers the wire, asked with recording switched on.">Why this answer</Header>}>
        <div style={COLORS}>
          <Grid gridDefinition={[{ colspan: { default: 12, xs: 5, m: 4 } }, { colspan: { default: 12, xs: 7, m: 8 } }]}>
            <AskForm key={parameters.toString()} question={question} clients={clients} busy={asked.loading && query !== ""} onAsk={ask} />
            <div aria-live="polite">
              <SpaceBetween size="l">
                {asked.error !== undefined && <Failure error={asked.error} again={asked.again} />}
                {lost && <Alert type="warning" header={`No network in ${question.place} is known`}>The geolocation data has none. Choose another country, or give a client subnet.</Alert>}
                {query === "" && !lost && asked.error === undefined && (
                  <Container header={<Header variant="h2">Answer</Header>}>
                    <Empty text="Ask a name, and see what a client would get, and at each choice why." />
                  </Container>
                )}
                {query !== "" && asked.value !== undefined && asked.error === undefined && (
                  <SpaceBetween size="l">
                    <Answer question={question} explanation={asked.value} />
                    <Container header={<Header variant="h2" description="From the question down to the records; the path is lit.">How it came to that</Header>}>
                      <Walked explanation={asked.value} />
                    </Container>
                  </SpaceBetween>
                )}
              </SpaceBetween>
            </div>
          </Grid>
        </div>
      </ContentLayout>
    </Frame>
  );
}
