// A health check as other tools write it.
import type { HealthCheckConfig } from "../api/operations";
import type { Forms } from "../layout/copy-as";
import { quoted, terraform } from "../layout/copied";

/** `name`: for people, from its tag; may be empty. */
export function checkForms(id: string, name: string, config: HealthCheckConfig): Forms {
  return {
    command: () => `aws route53 create-health-check --caller-reference "$(date +%s)" --health-check-config ${quoted(JSON.stringify(config, null, 2))}`,
    json: () => JSON.stringify({ Id: id, HealthCheckConfig: config }, null, 2),
    terraform: () =>
      terraform("aws_route53_health_check", name || `check_${id}`, {
        type: config.Type,
        ip_address: config.IPAddress,
        fqdn: config.FullyQualifiedDomainName,
        port: config.Port,
        resource_path: config.ResourcePath,
        search_string: config.SearchString,
        request_interval: config.RequestInterval,
        failure_threshold: config.FailureThreshold,
        measure_latency: config.MeasureLatency,
        invert_healthcheck: config.Inverted,
        disabled: config.Disabled,
        enable_sni: config.EnableSNI,
        regions: config.Regions,
        child_healthchecks: config.ChildHealthChecks,
        child_health_threshold: config.HealthThreshold,
        cloudwatch_alarm_name: config.AlarmIdentifier?.Name,
        cloudwatch_alarm_region: config.AlarmIdentifier?.Region,
        insufficient_data_health_status: config.InsufficientDataHealthStatus,
        routing_control_arn: config.RoutingControlArn,
        tags: name === "" ? undefined : { Name: name },
      }),
  };
}
