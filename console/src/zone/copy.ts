// A hosted zone as other tools write it.
import type { GetHostedZoneResponse } from "../api/operations";
import type { Forms } from "../layout/copy-as";
import { quoted, terraform } from "../layout/copied";
import { shownName } from "../records/policy";

export function zoneForms({ HostedZone: zone, VPCs: vpcs = [], DelegationSet: set }: GetHostedZoneResponse): Forms {
  const name = shownName(zone.Name);
  const comment = zone.Config?.Comment ?? "";
  const [first, ...others] = vpcs.map(({ VPCId: id = "", VPCRegion: region = "" }) => ({ id, region }));
  const config = JSON.stringify({ Comment: comment, PrivateZone: zone.Config?.PrivateZone === true });
  const create = [
    `aws route53 create-hosted-zone --name ${name} --caller-reference "$(date +%s)" --hosted-zone-config ${quoted(config)}`,
    ...(first === undefined ? [] : [`--vpc VPCRegion=${first.region},VPCId=${first.id}`]),
    ...(set?.Id === undefined ? [] : [`--delegation-set-id ${set.Id}`]),
  ].join(" ");
  const associate = others.map(({ id, region }) => `aws route53 associate-vpc-with-hosted-zone --hosted-zone-id ID --vpc VPCRegion=${region},VPCId=${id}`);
  return {
    command: () => [create, ...associate].join("\n"),
    json: () => JSON.stringify({ HostedZone: zone, ...(vpcs.length > 0 && { VPCs: vpcs }), ...(set && { DelegationSet: set }) }, null, 2),
    terraform: () =>
      [
        terraform("aws_route53_zone", name, { name, comment: comment === "" ? undefined : comment, delegation_set_id: set?.Id, vpc: first && { vpc_id: first.id, vpc_region: first.region } }),
        ...others.map(({ id, region }) => terraform("aws_route53_zone_association", `${name}_${id}`, { zone_id: zone.Id, vpc_id: id, vpc_region: region })),
      ].join("\n\n"),
  };
}
