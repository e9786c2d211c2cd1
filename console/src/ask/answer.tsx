// The answer as a resolver sees it, with the lines that ask the same from a terminal.
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";

import { type ClientStep, type Explanation, placeName, scopeText } from "./explanation";
import { digLine, explainLine, type Question } from "./question";

export function Answer({ question, explanation }: { question: Question; explanation: Explanation }) {
  const { response, subnet } = explanation;
  const client = explanation.steps.find((step): step is ClientStep => step.step === "client");
  return (
    <Container header={<Header variant="h2" description={`${question.name.trim()} ${question.type}, as a resolver sees it`}>Answer</Header>}>
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={2}
          items={[
            { label: "Status", value: <StatusIndicator type={response.rcode === "NOERROR" ? "success" : "warning"}>{response.rcode}</StatusIndicator> },
            { label: "Client", value: client === undefined ? "–" : `${placeName(client)}${client.continent === null ? "" : `, ${client.continent}`}` },
          ]}
        />
        <KeyValuePairs columns={1} items={[{ label: "Scope", value: scopeText(response.scope, subnet) }]} />
        <Section title="Answer" lines={response.answer} none="No records." />
        {response.authority.length > 0 && <Section title="Authority" lines={response.authority} none="" />}
        {response.additional.length > 0 && <Section title="Additional" lines={response.additional} none="" />}
        <ExpandableSection headerText="Ask from a terminal">
          <SpaceBetween size="s">
            <Line text={digLine(question, subnet ?? "", window.location.hostname)} what="the question on the wire" />
            <Line text={explainLine(question, subnet ?? "")} what="this explanation" />
            <Box color="text-body-secondary" fontSize="body-s">
              dig asks port 53 of this machine; add -p where the server listens on another. What was supposed of health checks does not hold on the wire.
            </Box>
          </SpaceBetween>
        </ExpandableSection>
      </SpaceBetween>
    </Container>
  );
}

function Section({ title, lines, none }: { title: string; lines: readonly string[]; none: string }) {
  return (
    <div>
      <Box variant="awsui-key-label">{title}</Box>
      {lines.length === 0 ? <Box color="text-body-secondary">{none}</Box> : <pre className="mono answer">{lines.join("\n")}</pre>}
    </div>
  );
}

function Line({ text, what }: { text: string; what: string }) {
  return (
    <div>
      <CopyToClipboard variant="inline" textToCopy={text} textToDisplay={text} copyButtonAriaLabel={`Copy the line that asks for ${what}`} copySuccessText="Copied" copyErrorText="Could not copy" />
    </div>
  );
}
