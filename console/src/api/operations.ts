// Written by scripts/console-types from the service model; do not edit.
//
// Members are those that users of boto3 know. Times are ISO 8601; ids come without a prefix.

export interface AccountLimit {
  Type: "MAX_HEALTH_CHECKS_BY_OWNER" | "MAX_HOSTED_ZONES_BY_OWNER" | "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER" | "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER" | "MAX_TRAFFIC_POLICIES_BY_OWNER";
  Value: number;
}

export interface ActivateKeySigningKeyRequest {
  HostedZoneId: string;
  Name: string;
}

export interface ActivateKeySigningKeyResponse {
  ChangeInfo: ChangeInfo;
}

export interface AlarmIdentifier {
  Region: string;
  Name: string;
}

export interface AliasTarget {
  HostedZoneId: string;
  DNSName: string;
  EvaluateTargetHealth: boolean;
}

export interface AssociateVPCWithHostedZoneRequest {
  HostedZoneId: string;
  VPC: VPC;
  Comment?: string;
}

export interface AssociateVPCWithHostedZoneResponse {
  ChangeInfo: ChangeInfo;
}

export interface Change {
  Action: "CREATE" | "DELETE" | "UPSERT";
  ResourceRecordSet: ResourceRecordSet;
}

export interface ChangeBatch {
  Comment?: string;
  Changes: readonly Change[];
}

export interface ChangeCidrCollectionRequest {
  Id: string;
  CollectionVersion?: number;
  Changes: readonly CidrCollectionChange[];
}

export interface ChangeCidrCollectionResponse {
  Id: string;
}

export interface ChangeInfo {
  Id: string;
  Status: "PENDING" | "INSYNC";
  SubmittedAt: string;
  Comment?: string;
}

export interface ChangeResourceRecordSetsRequest {
  HostedZoneId: string;
  ChangeBatch: ChangeBatch;
}

export interface ChangeResourceRecordSetsResponse {
  ChangeInfo: ChangeInfo;
}

export interface ChangeTagsForResourceRequest {
  ResourceType: "healthcheck" | "hostedzone";
  ResourceId: string;
  AddTags?: readonly Tag[];
  RemoveTagKeys?: readonly string[];
}

export type ChangeTagsForResourceResponse = Record<string, never>;

export interface CidrBlockSummary {
  CidrBlock?: string;
  LocationName?: string;
}

export interface CidrCollection {
  Arn?: string;
  Id?: string;
  Name?: string;
  Version?: number;
}

export interface CidrCollectionChange {
  LocationName: string;
  Action: "PUT" | "DELETE_IF_EXISTS";
  CidrList: readonly string[];
}

export interface CidrRoutingConfig {
  CollectionId: string;
  LocationName: string;
}

export interface CloudWatchAlarmConfiguration {
  EvaluationPeriods: number;
  Threshold: number;
  ComparisonOperator: "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold" | "LessThanThreshold" | "LessThanOrEqualToThreshold";
  Period: number;
  MetricName: string;
  Namespace: string;
  Statistic: "Average" | "Sum" | "SampleCount" | "Maximum" | "Minimum";
  Dimensions?: readonly Dimension[];
}

export interface CollectionSummary {
  Arn?: string;
  Id?: string;
  Name?: string;
  Version?: number;
}

export interface Coordinates {
  Latitude: string;
  Longitude: string;
}

export interface CreateCidrCollectionRequest {
  Name: string;
  CallerReference: string;
}

export interface CreateCidrCollectionResponse {
  Collection?: CidrCollection;
  Location?: string;
}

export interface CreateHealthCheckRequest {
  CallerReference: string;
  HealthCheckConfig: HealthCheckConfig;
}

export interface CreateHealthCheckResponse {
  HealthCheck: HealthCheck;
  Location: string;
}

export interface CreateHostedZoneRequest {
  Name: string;
  VPC?: VPC;
  CallerReference: string;
  HostedZoneConfig?: HostedZoneConfig;
  DelegationSetId?: string;
}

export interface CreateHostedZoneResponse {
  HostedZone: HostedZone;
  ChangeInfo: ChangeInfo;
  DelegationSet?: DelegationSet;
  VPC?: VPC;
  Location: string;
}

export interface CreateKeySigningKeyRequest {
  CallerReference: string;
  HostedZoneId: string;
  KeyManagementServiceArn: string;
  Name: string;
  Status: string;
}

export interface CreateKeySigningKeyResponse {
  ChangeInfo: ChangeInfo;
  KeySigningKey: KeySigningKey;
  Location: string;
}

export interface CreateQueryLoggingConfigRequest {
  HostedZoneId: string;
  CloudWatchLogsLogGroupArn: string;
}

export interface CreateQueryLoggingConfigResponse {
  QueryLoggingConfig: QueryLoggingConfig;
  Location: string;
}

export interface CreateResourceRecordSetProtectionsRequest {
  HostedZoneId: string;
  Protections: readonly ResourceRecordSetProtectionConfig[];
}

export type CreateResourceRecordSetProtectionsResponse = Record<string, never>;

export interface CreateReusableDelegationSetRequest {
  CallerReference: string;
  HostedZoneId?: string;
}

export interface CreateReusableDelegationSetResponse {
  DelegationSet: DelegationSet;
  Location: string;
}

export interface CreateTrafficPolicyInstanceRequest {
  HostedZoneId: string;
  Name: string;
  TTL: number;
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
}

export interface CreateTrafficPolicyInstanceResponse {
  TrafficPolicyInstance: TrafficPolicyInstance;
  Location: string;
}

export interface CreateTrafficPolicyRequest {
  Name: string;
  Document: string;
  Comment?: string;
}

export interface CreateTrafficPolicyResponse {
  TrafficPolicy: TrafficPolicy;
  Location: string;
}

export interface CreateTrafficPolicyVersionRequest {
  Id: string;
  Document: string;
  Comment?: string;
}

export interface CreateTrafficPolicyVersionResponse {
  TrafficPolicy: TrafficPolicy;
  Location: string;
}

export interface CreateVPCAssociationAuthorizationRequest {
  HostedZoneId: string;
  VPC: VPC;
}

export interface CreateVPCAssociationAuthorizationResponse {
  HostedZoneId: string;
  VPC: VPC;
}

export interface DNSSECStatus {
  ServeSignature?: string;
  StatusMessage?: string;
}

export interface DeactivateKeySigningKeyRequest {
  HostedZoneId: string;
  Name: string;
}

export interface DeactivateKeySigningKeyResponse {
  ChangeInfo: ChangeInfo;
}

export interface DelegationSet {
  Id?: string;
  CallerReference?: string;
  NameServers: readonly string[];
}

export interface DeleteCidrCollectionRequest {
  Id: string;
}

export type DeleteCidrCollectionResponse = Record<string, never>;

export interface DeleteHealthCheckRequest {
  HealthCheckId: string;
}

export type DeleteHealthCheckResponse = Record<string, never>;

export interface DeleteHostedZoneRequest {
  Id: string;
}

export interface DeleteHostedZoneResponse {
  ChangeInfo: ChangeInfo;
}

export interface DeleteKeySigningKeyRequest {
  HostedZoneId: string;
  Name: string;
}

export interface DeleteKeySigningKeyResponse {
  ChangeInfo: ChangeInfo;
}

export interface DeleteQueryLoggingConfigRequest {
  Id: string;
}

export type DeleteQueryLoggingConfigResponse = Record<string, never>;

export interface DeleteResourceRecordSetProtectionsRequest {
  HostedZoneId: string;
  Protections: readonly ResourceRecordSetProtectionKey[];
}

export type DeleteResourceRecordSetProtectionsResponse = Record<string, never>;

export interface DeleteReusableDelegationSetRequest {
  Id: string;
}

export type DeleteReusableDelegationSetResponse = Record<string, never>;

export interface DeleteTrafficPolicyInstanceRequest {
  Id: string;
}

export type DeleteTrafficPolicyInstanceResponse = Record<string, never>;

export interface DeleteTrafficPolicyRequest {
  Id: string;
  Version: number;
}

export type DeleteTrafficPolicyResponse = Record<string, never>;

export interface DeleteVPCAssociationAuthorizationRequest {
  HostedZoneId: string;
  VPC: VPC;
}

export type DeleteVPCAssociationAuthorizationResponse = Record<string, never>;

export interface Dimension {
  Name: string;
  Value: string;
}

export interface DisableHostedZoneDNSSECRequest {
  HostedZoneId: string;
}

export interface DisableHostedZoneDNSSECResponse {
  ChangeInfo: ChangeInfo;
}

export interface DisassociateVPCFromHostedZoneRequest {
  HostedZoneId: string;
  VPC: VPC;
  Comment?: string;
}

export interface DisassociateVPCFromHostedZoneResponse {
  ChangeInfo: ChangeInfo;
}

export interface EnableHostedZoneDNSSECRequest {
  HostedZoneId: string;
}

export interface EnableHostedZoneDNSSECResponse {
  ChangeInfo: ChangeInfo;
}

export interface GeoLocation {
  ContinentCode?: string;
  CountryCode?: string;
  SubdivisionCode?: string;
}

export interface GeoLocationDetails {
  ContinentCode?: string;
  ContinentName?: string;
  CountryCode?: string;
  CountryName?: string;
  SubdivisionCode?: string;
  SubdivisionName?: string;
}

export interface GeoProximityLocation {
  AWSRegion?: string;
  LocalZoneGroup?: string;
  Coordinates?: Coordinates;
  Bias?: number;
}

export interface GetAccountLimitRequest {
  Type: "MAX_HEALTH_CHECKS_BY_OWNER" | "MAX_HOSTED_ZONES_BY_OWNER" | "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER" | "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER" | "MAX_TRAFFIC_POLICIES_BY_OWNER";
}

export interface GetAccountLimitResponse {
  Limit: AccountLimit;
  Count: number;
}

export interface GetChangeRequest {
  Id: string;
}

export interface GetChangeResponse {
  ChangeInfo: ChangeInfo;
}

export type GetCheckerIpRangesRequest = Record<string, never>;

export interface GetCheckerIpRangesResponse {
  CheckerIpRanges: readonly string[];
}

export interface GetDNSSECRequest {
  HostedZoneId: string;
}

export interface GetDNSSECResponse {
  Status: DNSSECStatus;
  KeySigningKeys: readonly KeySigningKey[];
}

export interface GetGeoLocationRequest {
  ContinentCode?: string;
  CountryCode?: string;
  SubdivisionCode?: string;
}

export interface GetGeoLocationResponse {
  GeoLocationDetails: GeoLocationDetails;
}

export type GetHealthCheckCountRequest = Record<string, never>;

export interface GetHealthCheckCountResponse {
  HealthCheckCount: number;
}

export interface GetHealthCheckLastFailureReasonRequest {
  HealthCheckId: string;
}

export interface GetHealthCheckLastFailureReasonResponse {
  HealthCheckObservations: readonly HealthCheckObservation[];
}

export interface GetHealthCheckRequest {
  HealthCheckId: string;
}

export interface GetHealthCheckResponse {
  HealthCheck: HealthCheck;
}

export interface GetHealthCheckStatusRequest {
  HealthCheckId: string;
}

export interface GetHealthCheckStatusResponse {
  HealthCheckObservations: readonly HealthCheckObservation[];
}

export type GetHostedZoneCountRequest = Record<string, never>;

export interface GetHostedZoneCountResponse {
  HostedZoneCount: number;
}

export interface GetHostedZoneLimitRequest {
  Type: "MAX_RRSETS_BY_ZONE" | "MAX_VPCS_ASSOCIATED_BY_ZONE";
  HostedZoneId: string;
}

export interface GetHostedZoneLimitResponse {
  Limit: HostedZoneLimit;
  Count: number;
}

export interface GetHostedZoneRequest {
  Id: string;
}

export interface GetHostedZoneResponse {
  HostedZone: HostedZone;
  DelegationSet?: DelegationSet;
  VPCs?: readonly VPC[];
}

export interface GetQueryLoggingConfigRequest {
  Id: string;
}

export interface GetQueryLoggingConfigResponse {
  QueryLoggingConfig: QueryLoggingConfig;
}

export interface GetReusableDelegationSetLimitRequest {
  Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET";
  DelegationSetId: string;
}

export interface GetReusableDelegationSetLimitResponse {
  Limit: ReusableDelegationSetLimit;
  Count: number;
}

export interface GetReusableDelegationSetRequest {
  Id: string;
}

export interface GetReusableDelegationSetResponse {
  DelegationSet: DelegationSet;
}

export type GetTrafficPolicyInstanceCountRequest = Record<string, never>;

export interface GetTrafficPolicyInstanceCountResponse {
  TrafficPolicyInstanceCount: number;
}

export interface GetTrafficPolicyInstanceRequest {
  Id: string;
}

export interface GetTrafficPolicyInstanceResponse {
  TrafficPolicyInstance: TrafficPolicyInstance;
}

export interface GetTrafficPolicyRequest {
  Id: string;
  Version: number;
}

export interface GetTrafficPolicyResponse {
  TrafficPolicy: TrafficPolicy;
}

export interface HealthCheck {
  Id: string;
  CallerReference: string;
  LinkedService?: LinkedService;
  HealthCheckConfig: HealthCheckConfig;
  HealthCheckVersion: number;
  CloudWatchAlarmConfiguration?: CloudWatchAlarmConfiguration;
}

export interface HealthCheckConfig {
  IPAddress?: string;
  Port?: number;
  Type: "HTTP" | "HTTPS" | "HTTP_STR_MATCH" | "HTTPS_STR_MATCH" | "TCP" | "CALCULATED" | "CLOUDWATCH_METRIC" | "RECOVERY_CONTROL";
  ResourcePath?: string;
  FullyQualifiedDomainName?: string;
  SearchString?: string;
  RequestInterval?: number;
  FailureThreshold?: number;
  MeasureLatency?: boolean;
  Inverted?: boolean;
  Disabled?: boolean;
  HealthThreshold?: number;
  ChildHealthChecks?: readonly string[];
  EnableSNI?: boolean;
  Regions?: readonly ("us-east-1" | "us-west-1" | "us-west-2" | "eu-west-1" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "sa-east-1")[];
  AlarmIdentifier?: AlarmIdentifier;
  InsufficientDataHealthStatus?: "Healthy" | "Unhealthy" | "LastKnownStatus";
  RoutingControlArn?: string;
}

export interface HealthCheckObservation {
  Region?: "us-east-1" | "us-west-1" | "us-west-2" | "eu-west-1" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "sa-east-1";
  IPAddress?: string;
  StatusReport?: StatusReport;
}

export interface HostedZone {
  Id: string;
  Name: string;
  CallerReference: string;
  Config?: HostedZoneConfig;
  ResourceRecordSetCount?: number;
  LinkedService?: LinkedService;
  Features?: HostedZoneFeatures;
}

export interface HostedZoneConfig {
  Comment?: string;
  PrivateZone?: boolean;
}

export interface HostedZoneFailureReasons {
  AcceleratedRecovery?: string;
}

export interface HostedZoneFeatures {
  AcceleratedRecoveryStatus?: "ENABLING" | "ENABLE_FAILED" | "ENABLING_HOSTED_ZONE_LOCKED" | "ENABLED" | "DISABLING" | "DISABLE_FAILED" | "DISABLED" | "DISABLING_HOSTED_ZONE_LOCKED";
  FailureReasons?: HostedZoneFailureReasons;
}

export interface HostedZoneLimit {
  Type: "MAX_RRSETS_BY_ZONE" | "MAX_VPCS_ASSOCIATED_BY_ZONE";
  Value: number;
}

export interface HostedZoneOwner {
  OwningAccount?: string;
  OwningService?: string;
}

export interface HostedZoneSummary {
  HostedZoneId: string;
  Name: string;
  Owner: HostedZoneOwner;
}

export interface KeySigningKey {
  Name?: string;
  KmsArn?: string;
  Flag?: number;
  SigningAlgorithmMnemonic?: string;
  SigningAlgorithmType?: number;
  DigestAlgorithmMnemonic?: string;
  DigestAlgorithmType?: number;
  KeyTag?: number;
  DigestValue?: string;
  PublicKey?: string;
  DSRecord?: string;
  DNSKEYRecord?: string;
  Status?: string;
  StatusMessage?: string;
  CreatedDate?: string;
  LastModifiedDate?: string;
}

export interface LinkedService {
  ServicePrincipal?: string;
  Description?: string;
}

export interface ListCidrBlocksRequest {
  CollectionId: string;
  LocationName?: string;
  NextToken?: string;
  MaxResults?: string;
}

export interface ListCidrBlocksResponse {
  NextToken?: string;
  CidrBlocks?: readonly CidrBlockSummary[];
}

export interface ListCidrCollectionsRequest {
  NextToken?: string;
  MaxResults?: string;
}

export interface ListCidrCollectionsResponse {
  NextToken?: string;
  CidrCollections?: readonly CollectionSummary[];
}

export interface ListCidrLocationsRequest {
  CollectionId: string;
  NextToken?: string;
  MaxResults?: string;
}

export interface ListCidrLocationsResponse {
  NextToken?: string;
  CidrLocations?: readonly LocationSummary[];
}

export interface ListGeoLocationsRequest {
  StartContinentCode?: string;
  StartCountryCode?: string;
  StartSubdivisionCode?: string;
  MaxItems?: string;
}

export interface ListGeoLocationsResponse {
  GeoLocationDetailsList: readonly GeoLocationDetails[];
  IsTruncated: boolean;
  NextContinentCode?: string;
  NextCountryCode?: string;
  NextSubdivisionCode?: string;
  MaxItems: string;
}

export interface ListHealthChecksRequest {
  Marker?: string;
  MaxItems?: string;
}

export interface ListHealthChecksResponse {
  HealthChecks: readonly HealthCheck[];
  Marker: string;
  IsTruncated: boolean;
  NextMarker?: string;
  MaxItems: string;
}

export interface ListHostedZonesByNameRequest {
  DNSName?: string;
  HostedZoneId?: string;
  MaxItems?: string;
}

export interface ListHostedZonesByNameResponse {
  HostedZones: readonly HostedZone[];
  DNSName?: string;
  HostedZoneId?: string;
  IsTruncated: boolean;
  NextDNSName?: string;
  NextHostedZoneId?: string;
  MaxItems: string;
}

export interface ListHostedZonesByVPCRequest {
  VPCId: string;
  VPCRegion: string;
  MaxItems?: string;
  NextToken?: string;
}

export interface ListHostedZonesByVPCResponse {
  HostedZoneSummaries: readonly HostedZoneSummary[];
  MaxItems: string;
  NextToken?: string;
}

export interface ListHostedZonesRequest {
  Marker?: string;
  MaxItems?: string;
  DelegationSetId?: string;
  HostedZoneType?: "PrivateHostedZone";
}

export interface ListHostedZonesResponse {
  HostedZones: readonly HostedZone[];
  Marker: string;
  IsTruncated: boolean;
  NextMarker?: string;
  MaxItems: string;
}

export interface ListQueryLoggingConfigsRequest {
  HostedZoneId?: string;
  NextToken?: string;
  MaxResults?: string;
}

export interface ListQueryLoggingConfigsResponse {
  QueryLoggingConfigs: readonly QueryLoggingConfig[];
  NextToken?: string;
}

export interface ListResourceRecordSetProtectionsRequest {
  HostedZoneId: string;
  StartRecordName?: string;
  StartRecordType?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  MaxResults?: string;
  NextToken?: string;
}

export interface ListResourceRecordSetProtectionsResponse {
  ResourceRecordSetProtections: readonly ResourceRecordSetProtection[];
  NextToken?: string;
}

export interface ListResourceRecordSetsRequest {
  HostedZoneId: string;
  StartRecordName?: string;
  StartRecordType?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  StartRecordIdentifier?: string;
  MaxItems?: string;
}

export interface ListResourceRecordSetsResponse {
  ResourceRecordSets: readonly ResourceRecordSet[];
  IsTruncated: boolean;
  NextRecordName?: string;
  NextRecordType?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  NextRecordIdentifier?: string;
  MaxItems: string;
}

export interface ListReusableDelegationSetsRequest {
  Marker?: string;
  MaxItems?: string;
}

export interface ListReusableDelegationSetsResponse {
  DelegationSets: readonly DelegationSet[];
  Marker: string;
  IsTruncated: boolean;
  NextMarker?: string;
  MaxItems: string;
}

export interface ListTagsForResourceRequest {
  ResourceType: "healthcheck" | "hostedzone";
  ResourceId: string;
}

export interface ListTagsForResourceResponse {
  ResourceTagSet: ResourceTagSet;
}

export interface ListTagsForResourcesRequest {
  ResourceType: "healthcheck" | "hostedzone";
  ResourceIds: readonly string[];
}

export interface ListTagsForResourcesResponse {
  ResourceTagSets: readonly ResourceTagSet[];
}

export interface ListTrafficPoliciesRequest {
  TrafficPolicyIdMarker?: string;
  MaxItems?: string;
}

export interface ListTrafficPoliciesResponse {
  TrafficPolicySummaries: readonly TrafficPolicySummary[];
  IsTruncated: boolean;
  TrafficPolicyIdMarker: string;
  MaxItems: string;
}

export interface ListTrafficPolicyInstancesByHostedZoneRequest {
  HostedZoneId: string;
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  MaxItems?: string;
}

export interface ListTrafficPolicyInstancesByHostedZoneResponse {
  TrafficPolicyInstances: readonly TrafficPolicyInstance[];
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  IsTruncated: boolean;
  MaxItems: string;
}

export interface ListTrafficPolicyInstancesByPolicyRequest {
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
  HostedZoneIdMarker?: string;
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  MaxItems?: string;
}

export interface ListTrafficPolicyInstancesByPolicyResponse {
  TrafficPolicyInstances: readonly TrafficPolicyInstance[];
  HostedZoneIdMarker?: string;
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  IsTruncated: boolean;
  MaxItems: string;
}

export interface ListTrafficPolicyInstancesRequest {
  HostedZoneIdMarker?: string;
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  MaxItems?: string;
}

export interface ListTrafficPolicyInstancesResponse {
  TrafficPolicyInstances: readonly TrafficPolicyInstance[];
  HostedZoneIdMarker?: string;
  TrafficPolicyInstanceNameMarker?: string;
  TrafficPolicyInstanceTypeMarker?: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  IsTruncated: boolean;
  MaxItems: string;
}

export interface ListTrafficPolicyVersionsRequest {
  Id: string;
  TrafficPolicyVersionMarker?: string;
  MaxItems?: string;
}

export interface ListTrafficPolicyVersionsResponse {
  TrafficPolicies: readonly TrafficPolicy[];
  IsTruncated: boolean;
  TrafficPolicyVersionMarker: string;
  MaxItems: string;
}

export interface ListVPCAssociationAuthorizationsRequest {
  HostedZoneId: string;
  NextToken?: string;
  MaxResults?: string;
}

export interface ListVPCAssociationAuthorizationsResponse {
  HostedZoneId: string;
  NextToken?: string;
  VPCs: readonly VPC[];
}

export interface LocationSummary {
  LocationName?: string;
}

export interface QueryLoggingConfig {
  Id: string;
  HostedZoneId: string;
  CloudWatchLogsLogGroupArn: string;
}

export interface ResourceRecord {
  Value: string;
}

export interface ResourceRecordSet {
  Name: string;
  Type: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  SetIdentifier?: string;
  Weight?: number;
  Region?: string;
  GeoLocation?: GeoLocation;
  Failover?: "PRIMARY" | "SECONDARY";
  MultiValueAnswer?: boolean;
  TTL?: number;
  ResourceRecords?: readonly ResourceRecord[];
  AliasTarget?: AliasTarget;
  HealthCheckId?: string;
  TrafficPolicyInstanceId?: string;
  CidrRoutingConfig?: CidrRoutingConfig;
  GeoProximityLocation?: GeoProximityLocation;
}

export interface ResourceRecordSetProtection {
  RecordName: string;
  RecordType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  Comment?: string;
}

export interface ResourceRecordSetProtectionConfig {
  RecordName: string;
  RecordType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  Comment?: string;
}

export interface ResourceRecordSetProtectionKey {
  RecordName: string;
  RecordType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
}

export interface ResourceTagSet {
  ResourceType?: "healthcheck" | "hostedzone";
  ResourceId?: string;
  Tags?: readonly Tag[];
}

export interface ReusableDelegationSetLimit {
  Type: "MAX_ZONES_BY_REUSABLE_DELEGATION_SET";
  Value: number;
}

export interface StatusReport {
  Status?: string;
  CheckedTime?: string;
}

export interface Tag {
  Key?: string;
  Value?: string;
}

export interface TestDNSAnswerRequest {
  HostedZoneId: string;
  RecordName: string;
  RecordType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  ResolverIP?: string;
  EDNS0ClientSubnetIP?: string;
  EDNS0ClientSubnetMask?: string;
}

export interface TestDNSAnswerResponse {
  Nameserver: string;
  RecordName: string;
  RecordType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  RecordData: readonly string[];
  ResponseCode: string;
  Protocol: string;
}

export interface TrafficPolicy {
  Id: string;
  Version: number;
  Name: string;
  Type: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  Document: string;
  Comment?: string;
}

export interface TrafficPolicyInstance {
  Id: string;
  HostedZoneId: string;
  Name: string;
  TTL: number;
  State: string;
  Message: string;
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
  TrafficPolicyType: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
}

export interface TrafficPolicySummary {
  Id: string;
  Name: string;
  Type: "SOA" | "A" | "TXT" | "NS" | "CNAME" | "MX" | "NAPTR" | "PTR" | "SRV" | "SPF" | "AAAA" | "CAA" | "DS" | "TLSA" | "SSHFP" | "SVCB" | "HTTPS";
  LatestVersion: number;
  TrafficPolicyCount: number;
}

export interface UpdateHealthCheckRequest {
  HealthCheckId: string;
  HealthCheckVersion?: number;
  IPAddress?: string;
  Port?: number;
  ResourcePath?: string;
  FullyQualifiedDomainName?: string;
  SearchString?: string;
  FailureThreshold?: number;
  Inverted?: boolean;
  Disabled?: boolean;
  HealthThreshold?: number;
  ChildHealthChecks?: readonly string[];
  EnableSNI?: boolean;
  Regions?: readonly ("us-east-1" | "us-west-1" | "us-west-2" | "eu-west-1" | "ap-southeast-1" | "ap-southeast-2" | "ap-northeast-1" | "sa-east-1")[];
  AlarmIdentifier?: AlarmIdentifier;
  InsufficientDataHealthStatus?: "Healthy" | "Unhealthy" | "LastKnownStatus";
  ResetElements?: readonly ("FullyQualifiedDomainName" | "Regions" | "ResourcePath" | "ChildHealthChecks")[];
}

export interface UpdateHealthCheckResponse {
  HealthCheck: HealthCheck;
}

export interface UpdateHostedZoneCommentRequest {
  Id: string;
  Comment?: string;
}

export interface UpdateHostedZoneCommentResponse {
  HostedZone: HostedZone;
}

export interface UpdateHostedZoneFeaturesRequest {
  HostedZoneId: string;
  EnableAcceleratedRecovery?: boolean;
}

export type UpdateHostedZoneFeaturesResponse = Record<string, never>;

export interface UpdateTrafficPolicyCommentRequest {
  Id: string;
  Version: number;
  Comment: string;
}

export interface UpdateTrafficPolicyCommentResponse {
  TrafficPolicy: TrafficPolicy;
}

export interface UpdateTrafficPolicyInstanceRequest {
  Id: string;
  TTL: number;
  TrafficPolicyId: string;
  TrafficPolicyVersion: number;
}

export interface UpdateTrafficPolicyInstanceResponse {
  TrafficPolicyInstance: TrafficPolicyInstance;
}

export interface VPC {
  VPCRegion?: string;
  VPCId?: string;
}

/** Each operation with what it takes and gives. */
export interface Operations {
  ActivateKeySigningKey: { input: ActivateKeySigningKeyRequest; output: ActivateKeySigningKeyResponse };
  AssociateVPCWithHostedZone: { input: AssociateVPCWithHostedZoneRequest; output: AssociateVPCWithHostedZoneResponse };
  ChangeCidrCollection: { input: ChangeCidrCollectionRequest; output: ChangeCidrCollectionResponse };
  ChangeResourceRecordSets: { input: ChangeResourceRecordSetsRequest; output: ChangeResourceRecordSetsResponse };
  ChangeTagsForResource: { input: ChangeTagsForResourceRequest; output: ChangeTagsForResourceResponse };
  CreateCidrCollection: { input: CreateCidrCollectionRequest; output: CreateCidrCollectionResponse };
  CreateHealthCheck: { input: CreateHealthCheckRequest; output: CreateHealthCheckResponse };
  CreateHostedZone: { input: CreateHostedZoneRequest; output: CreateHostedZoneResponse };
  CreateKeySigningKey: { input: CreateKeySigningKeyRequest; output: CreateKeySigningKeyResponse };
  CreateQueryLoggingConfig: { input: CreateQueryLoggingConfigRequest; output: CreateQueryLoggingConfigResponse };
  CreateResourceRecordSetProtections: { input: CreateResourceRecordSetProtectionsRequest; output: CreateResourceRecordSetProtectionsResponse };
  CreateReusableDelegationSet: { input: CreateReusableDelegationSetRequest; output: CreateReusableDelegationSetResponse };
  CreateTrafficPolicy: { input: CreateTrafficPolicyRequest; output: CreateTrafficPolicyResponse };
  CreateTrafficPolicyInstance: { input: CreateTrafficPolicyInstanceRequest; output: CreateTrafficPolicyInstanceResponse };
  CreateTrafficPolicyVersion: { input: CreateTrafficPolicyVersionRequest; output: CreateTrafficPolicyVersionResponse };
  CreateVPCAssociationAuthorization: { input: CreateVPCAssociationAuthorizationRequest; output: CreateVPCAssociationAuthorizationResponse };
  DeactivateKeySigningKey: { input: DeactivateKeySigningKeyRequest; output: DeactivateKeySigningKeyResponse };
  DeleteCidrCollection: { input: DeleteCidrCollectionRequest; output: DeleteCidrCollectionResponse };
  DeleteHealthCheck: { input: DeleteHealthCheckRequest; output: DeleteHealthCheckResponse };
  DeleteHostedZone: { input: DeleteHostedZoneRequest; output: DeleteHostedZoneResponse };
  DeleteKeySigningKey: { input: DeleteKeySigningKeyRequest; output: DeleteKeySigningKeyResponse };
  DeleteQueryLoggingConfig: { input: DeleteQueryLoggingConfigRequest; output: DeleteQueryLoggingConfigResponse };
  DeleteResourceRecordSetProtections: { input: DeleteResourceRecordSetProtectionsRequest; output: DeleteResourceRecordSetProtectionsResponse };
  DeleteReusableDelegationSet: { input: DeleteReusableDelegationSetRequest; output: DeleteReusableDelegationSetResponse };
  DeleteTrafficPolicy: { input: DeleteTrafficPolicyRequest; output: DeleteTrafficPolicyResponse };
  DeleteTrafficPolicyInstance: { input: DeleteTrafficPolicyInstanceRequest; output: DeleteTrafficPolicyInstanceResponse };
  DeleteVPCAssociationAuthorization: { input: DeleteVPCAssociationAuthorizationRequest; output: DeleteVPCAssociationAuthorizationResponse };
  DisableHostedZoneDNSSEC: { input: DisableHostedZoneDNSSECRequest; output: DisableHostedZoneDNSSECResponse };
  DisassociateVPCFromHostedZone: { input: DisassociateVPCFromHostedZoneRequest; output: DisassociateVPCFromHostedZoneResponse };
  EnableHostedZoneDNSSEC: { input: EnableHostedZoneDNSSECRequest; output: EnableHostedZoneDNSSECResponse };
  GetAccountLimit: { input: GetAccountLimitRequest; output: GetAccountLimitResponse };
  GetChange: { input: GetChangeRequest; output: GetChangeResponse };
  GetCheckerIpRanges: { input: GetCheckerIpRangesRequest; output: GetCheckerIpRangesResponse };
  GetDNSSEC: { input: GetDNSSECRequest; output: GetDNSSECResponse };
  GetGeoLocation: { input: GetGeoLocationRequest; output: GetGeoLocationResponse };
  GetHealthCheck: { input: GetHealthCheckRequest; output: GetHealthCheckResponse };
  GetHealthCheckCount: { input: GetHealthCheckCountRequest; output: GetHealthCheckCountResponse };
  GetHealthCheckLastFailureReason: { input: GetHealthCheckLastFailureReasonRequest; output: GetHealthCheckLastFailureReasonResponse };
  GetHealthCheckStatus: { input: GetHealthCheckStatusRequest; output: GetHealthCheckStatusResponse };
  GetHostedZone: { input: GetHostedZoneRequest; output: GetHostedZoneResponse };
  GetHostedZoneCount: { input: GetHostedZoneCountRequest; output: GetHostedZoneCountResponse };
  GetHostedZoneLimit: { input: GetHostedZoneLimitRequest; output: GetHostedZoneLimitResponse };
  GetQueryLoggingConfig: { input: GetQueryLoggingConfigRequest; output: GetQueryLoggingConfigResponse };
  GetReusableDelegationSet: { input: GetReusableDelegationSetRequest; output: GetReusableDelegationSetResponse };
  GetReusableDelegationSetLimit: { input: GetReusableDelegationSetLimitRequest; output: GetReusableDelegationSetLimitResponse };
  GetTrafficPolicy: { input: GetTrafficPolicyRequest; output: GetTrafficPolicyResponse };
  GetTrafficPolicyInstance: { input: GetTrafficPolicyInstanceRequest; output: GetTrafficPolicyInstanceResponse };
  GetTrafficPolicyInstanceCount: { input: GetTrafficPolicyInstanceCountRequest; output: GetTrafficPolicyInstanceCountResponse };
  ListCidrBlocks: { input: ListCidrBlocksRequest; output: ListCidrBlocksResponse };
  ListCidrCollections: { input: ListCidrCollectionsRequest; output: ListCidrCollectionsResponse };
  ListCidrLocations: { input: ListCidrLocationsRequest; output: ListCidrLocationsResponse };
  ListGeoLocations: { input: ListGeoLocationsRequest; output: ListGeoLocationsResponse };
  ListHealthChecks: { input: ListHealthChecksRequest; output: ListHealthChecksResponse };
  ListHostedZones: { input: ListHostedZonesRequest; output: ListHostedZonesResponse };
  ListHostedZonesByName: { input: ListHostedZonesByNameRequest; output: ListHostedZonesByNameResponse };
  ListHostedZonesByVPC: { input: ListHostedZonesByVPCRequest; output: ListHostedZonesByVPCResponse };
  ListQueryLoggingConfigs: { input: ListQueryLoggingConfigsRequest; output: ListQueryLoggingConfigsResponse };
  ListResourceRecordSetProtections: { input: ListResourceRecordSetProtectionsRequest; output: ListResourceRecordSetProtectionsResponse };
  ListResourceRecordSets: { input: ListResourceRecordSetsRequest; output: ListResourceRecordSetsResponse };
  ListReusableDelegationSets: { input: ListReusableDelegationSetsRequest; output: ListReusableDelegationSetsResponse };
  ListTagsForResource: { input: ListTagsForResourceRequest; output: ListTagsForResourceResponse };
  ListTagsForResources: { input: ListTagsForResourcesRequest; output: ListTagsForResourcesResponse };
  ListTrafficPolicies: { input: ListTrafficPoliciesRequest; output: ListTrafficPoliciesResponse };
  ListTrafficPolicyInstances: { input: ListTrafficPolicyInstancesRequest; output: ListTrafficPolicyInstancesResponse };
  ListTrafficPolicyInstancesByHostedZone: { input: ListTrafficPolicyInstancesByHostedZoneRequest; output: ListTrafficPolicyInstancesByHostedZoneResponse };
  ListTrafficPolicyInstancesByPolicy: { input: ListTrafficPolicyInstancesByPolicyRequest; output: ListTrafficPolicyInstancesByPolicyResponse };
  ListTrafficPolicyVersions: { input: ListTrafficPolicyVersionsRequest; output: ListTrafficPolicyVersionsResponse };
  ListVPCAssociationAuthorizations: { input: ListVPCAssociationAuthorizationsRequest; output: ListVPCAssociationAuthorizationsResponse };
  TestDNSAnswer: { input: TestDNSAnswerRequest; output: TestDNSAnswerResponse };
  UpdateHealthCheck: { input: UpdateHealthCheckRequest; output: UpdateHealthCheckResponse };
  UpdateHostedZoneComment: { input: UpdateHostedZoneCommentRequest; output: UpdateHostedZoneCommentResponse };
  UpdateHostedZoneFeatures: { input: UpdateHostedZoneFeaturesRequest; output: UpdateHostedZoneFeaturesResponse };
  UpdateTrafficPolicyComment: { input: UpdateTrafficPolicyCommentRequest; output: UpdateTrafficPolicyCommentResponse };
  UpdateTrafficPolicyInstance: { input: UpdateTrafficPolicyInstanceRequest; output: UpdateTrafficPolicyInstanceResponse };
}
