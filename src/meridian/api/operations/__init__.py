"""What each call of the API does, by the service model's name. Calls that are not here answer 501."""

from collections.abc import Mapping

from meridian.api.context import Operation
from meridian.api.operations import answer, change, cidr, geo, health, querylog, record, tag, zone

OPERATIONS: Mapping[str, Operation] = {
    "ChangeCidrCollection": cidr.change_cidr_collection,
    "ChangeResourceRecordSets": record.change_resource_record_sets,
    "ChangeTagsForResource": tag.change_tags_for_resource,
    "CreateCidrCollection": cidr.create_cidr_collection,
    "CreateHealthCheck": health.create_health_check,
    "CreateHostedZone": zone.create_hosted_zone,
    "CreateQueryLoggingConfig": querylog.create_query_logging_config,
    "DeleteCidrCollection": cidr.delete_cidr_collection,
    "DeleteHealthCheck": health.delete_health_check,
    "DeleteHostedZone": zone.delete_hosted_zone,
    "DeleteQueryLoggingConfig": querylog.delete_query_logging_config,
    "GetAccountLimit": zone.get_account_limit,
    "GetChange": change.get_change,
    "GetCheckerIpRanges": health.get_checker_ip_ranges,
    "GetGeoLocation": geo.get_geo_location,
    "GetHealthCheck": health.get_health_check,
    "GetHealthCheckCount": health.get_health_check_count,
    "GetHealthCheckLastFailureReason": health.get_health_check_last_failure_reason,
    "GetHealthCheckStatus": health.get_health_check_status,
    "GetHostedZone": zone.get_hosted_zone,
    "GetHostedZoneCount": zone.get_hosted_zone_count,
    "GetHostedZoneLimit": zone.get_hosted_zone_limit,
    "GetQueryLoggingConfig": querylog.get_query_logging_config,
    "ListCidrBlocks": cidr.list_cidr_blocks,
    "ListCidrCollections": cidr.list_cidr_collections,
    "ListCidrLocations": cidr.list_cidr_locations,
    "ListGeoLocations": geo.list_geo_locations,
    "ListHealthChecks": health.list_health_checks,
    "ListHostedZones": zone.list_hosted_zones,
    "ListHostedZonesByName": zone.list_hosted_zones_by_name,
    "ListQueryLoggingConfigs": querylog.list_query_logging_configs,
    "ListResourceRecordSets": record.list_resource_record_sets,
    "ListTagsForResource": tag.list_tags_for_resource,
    "ListTagsForResources": tag.list_tags_for_resources,
    "TestDNSAnswer": answer.test_dns_answer,
    "UpdateHealthCheck": health.update_health_check,
    "UpdateHostedZoneComment": zone.update_hosted_zone_comment,
}
