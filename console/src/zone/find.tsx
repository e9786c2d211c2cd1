// Finding record sets: a jump to a name.
import Input from "@cloudscape-design/components/input";
import { useEffect, useState } from "react";

import type { ZoneOf } from "../records/form";
import { shownName } from "../records/policy";
import { useSettled } from "./judge";
import type { Listing } from "./listing";

export function Find({ listing, zone }: { listing: Listing; zone: ZoneOf }) {
  const [typed, setTyped] = useState(listing.from);
  const settled = useSettled(typed);
  useEffect(() => {
    if (settled !== listing.from) listing.jump(settled);
  }, [settled]);
  return <Input type="search" value={typed} onChange={({ detail }) => setTyped(detail.value)} placeholder={`Go to a name in ${shownName(zone.name)}`} ariaLabel="Go to a name" clearAriaLabel="From the beginning" />;
}
