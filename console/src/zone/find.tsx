// Finding record sets: what says a text, what has a type, or where in the listing a name is.
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useEffect, useState } from "react";

import { ALL_TYPES } from "../records/types";
import { useSettled } from "./judge";
import type { Listing } from "./listing";

const ANY = { value: "", label: "All types" };

export function Find({ listing }: { listing: Listing }) {
  const [typed, setTyped] = useState(listing.text);
  const [name, setName] = useState(listing.from);
  const settled = useSettled(typed);
  const settledName = useSettled(name);
  useEffect(() => {
    if (settled.trim() !== listing.text) listing.look(settled, listing.type);
  }, [settled]);
  useEffect(() => {
    if (settledName.trim() === listing.from) return;
    setTyped("");
    listing.jump(settledName);
  }, [settledName]);
  const options = [ANY, ...["SOA", ...ALL_TYPES].map((value) => ({ value, label: value }))];
  return (
    <div className="find">
      <Input
        type="search"
        value={typed}
        onChange={({ detail }) => setTyped(detail.value)}
        placeholder="Find by name, value or identifier"
        ariaLabel="Find by name, value or identifier"
        clearAriaLabel="Show all"
        spellcheck={false}
      />
      <Select
        selectedOption={options.find(({ value }) => value === listing.type) ?? ANY}
        options={options}
        onChange={({ detail }) => listing.look(typed, detail.selectedOption.value ?? "")}
        ariaLabel="Only of type"
      />
      <Input type="search" value={name} onChange={({ detail }) => setName(detail.value)} placeholder="Go to a name" ariaLabel="Go to a name" clearAriaLabel="From the beginning" spellcheck={false} />
      {listing.more && <StatusIndicator type="info">There are more; say more of what you look for</StatusIndicator>}
    </div>
  );
}
