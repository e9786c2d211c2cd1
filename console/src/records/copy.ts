// Record sets as other tools write them: the AWS command line, its JSON, Terraform.
import type { Change } from "../api/operations";
import { type Block, quoted, terraform } from "../layout/copied";
import { type RecordSet, shownName } from "./policy";

export function asJson(sets: readonly RecordSet[]): string {
  return JSON.stringify(sets.length === 1 ? sets[0] : sets, null, 2);
}

/** A command that puts these record sets into the zone. */
export function asCommand(zoneId: string, sets: readonly RecordSet[]): string {
  const Changes: Change[] = sets.map((ResourceRecordSet) => ({ Action: "UPSERT", ResourceRecordSet }));
  return `aws route53 change-resource-record-sets --hosted-zone-id ${zoneId} --change-batch ${quoted(JSON.stringify({ Changes }, null, 2))}`;
}

/** A resource of the AWS provider for each. */
export function asTerraform(zoneId: string, sets: readonly RecordSet[]): string {
  return sets.map((set) => resource(zoneId, set)).join("\n\n");
}

function resource(zoneId: string, set: RecordSet): string {
  const { GeoLocation: place, GeoProximityLocation: spot, CidrRoutingConfig: network, AliasTarget: alias } = set;
  const body: Block = {
    zone_id: zoneId,
    name: shownName(set.Name),
    type: set.Type,
    ttl: set.TTL,
    records: set.ResourceRecords?.map(({ Value }) => (["TXT", "SPF"].includes(set.Type) ? unquoted(Value) : Value)),
    set_identifier: set.SetIdentifier,
    health_check_id: set.HealthCheckId,
    multivalue_answer_routing_policy: set.MultiValueAnswer,
    alias: alias && { name: shownName(alias.DNSName), zone_id: alias.HostedZoneId, evaluate_target_health: alias.EvaluateTargetHealth },
    weighted_routing_policy: set.Weight === undefined ? undefined : { weight: set.Weight },
    latency_routing_policy: set.Region === undefined ? undefined : { region: set.Region },
    failover_routing_policy: set.Failover === undefined ? undefined : { type: set.Failover },
    geolocation_routing_policy: place && { continent: place.ContinentCode, country: place.CountryCode, subdivision: place.SubdivisionCode },
    cidr_routing_policy: network && { collection_id: network.CollectionId, location_name: network.LocationName },
    geoproximity_routing_policy: spot && {
      aws_region: spot.AWSRegion,
      local_zone_group: spot.LocalZoneGroup,
      bias: spot.Bias,
      coordinates: spot.Coordinates && { latitude: spot.Coordinates.Latitude, longitude: spot.Coordinates.Longitude },
    },
  };
  const parts = [shownName(set.Name).replace(/^\*/, "any"), set.Type, ...(set.SetIdentifier === undefined ? [] : [set.SetIdentifier])];
  return terraform("aws_route53_record", parts.join("_"), body);
}

/** The provider writes the outer quotes itself, and `"" ` between parts stays. */
function unquoted(value: string): string {
  return value.replace(/^"(.*)"$/s, "$1");
}
