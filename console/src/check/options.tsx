// What an operator may ask of a check beyond Route 53: other intervals, other counts, certificates.
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";

import { native } from "../api/client";
import { AskFirst } from "../layout/ask-first";
import { type Check, titleOf } from "./check";
import { isTls } from "./fields";

export function OptionsDialog({ check, onClose }: { check: Check; onClose: (changed: boolean) => void }) {
  const [texts, setTexts] = useState({
    interval: check.options.interval?.toString() ?? "",
    rise: check.options.rise?.toString() ?? "",
    fall: check.options.fall?.toString() ?? "",
    certificate_days: check.options.certificate_days?.toString() ?? "",
  });
  const [verify, setVerify] = useState(check.options.verify_certificate);
  const number = (text: string) => (text.trim() === "" ? null : Number(text));
  const save = () => {
    const { certificate_days, ...counts } = texts;
    const every = { interval: number(counts.interval), rise: number(counts.rise), fall: number(counts.fall) };
    const certificate = { verify_certificate: verify, certificate_days: number(certificate_days) };
    return native<void>("PATCH", `/meridian/checks/${check.id}/options`, isTls(check.type) ? { ...every, ...certificate } : every);
  };
  const field = (key: keyof typeof texts, label: string, description: string, usual: string) => (
    <FormField label={label} description={description}>
      <Input value={texts[key]} inputMode="decimal" placeholder={usual} onChange={({ detail }) => setTexts((before) => ({ ...before, [key]: detail.value }))} />
    </FormField>
  );
  return (
    <AskFirst title={`Options of ${titleOf(check)}`} action="Save" run={save} onClose={onClose}>
      <Box color="text-body-secondary">What is empty is as Route 53 has it.</Box>
      {field("interval", "Seconds between two looks", "1 to 3600.", String(check.config.RequestInterval ?? 30))}
      {field("rise", "Good results in a row that make it healthy", "1 to 10.", String(check.config.FailureThreshold ?? 3))}
      {field("fall", "Bad results in a row that make it unhealthy", "1 to 10.", String(check.config.FailureThreshold ?? 3))}
      {isTls(check.type) && (
        <>
          <Checkbox checked={verify} onChange={({ detail }) => setVerify(detail.checked)} description="It must be trusted, and for this name.">
            Judge the certificate
          </Checkbox>
          {field("certificate_days", "Days that the certificate must still be good for", "0 to 825.", "Not looked at")}
        </>
      )}
    </AskFirst>
  );
}
