# All of the AWS provider's resources for hosted zones, records and health checks, with what people configure in them.
# `changed` is what the second run of the journey changes.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variable "account" {
  type = string
}

variable "zone" {
  description = "A zone that is there already, with the records www and *.wild."
  type        = string
}

variable "private_zone" {
  description = "A private zone that is there already, of vpc-office."
  type        = string
}

variable "changed" {
  type    = bool
  default = false
}

import {
  to = aws_route53_zone.main
  id = var.zone
}

import {
  to = aws_route53_zone.private
  id = var.private_zone
}

resource "aws_route53_zone" "main" {
  name    = "terraform.example"
  comment = var.changed ? "made by hand" : "kept by terraform"
  tags    = { team = var.changed ? "net" : "dns", "a:b" = "c d" }
}

resource "aws_route53_delegation_set" "shared" {
  reference_name = "terraform"
}

resource "aws_route53_zone" "apart" {
  name              = "Apart.Example." # not below the other: its set may by chance share a name server with that
  delegation_set_id = aws_route53_delegation_set.shared.id
  force_destroy     = true
}

resource "aws_route53_zone" "private" {
  name = "inside.example"
  vpc {
    vpc_id     = "vpc-office"
    vpc_region = "eu-central-1"
  }
  lifecycle {
    ignore_changes = [vpc] # as the provider's documentation asks, beside aws_route53_zone_association
  }
}

resource "aws_route53_vpc_association_authorization" "plant" {
  zone_id    = aws_route53_zone.private.id
  vpc_id     = "vpc-plant"
  vpc_region = "us-west-2"
}

resource "aws_route53_zone_association" "plant" {
  zone_id    = aws_route53_vpc_association_authorization.plant.zone_id
  vpc_id     = aws_route53_vpc_association_authorization.plant.vpc_id
  vpc_region = aws_route53_vpc_association_authorization.plant.vpc_region
}

resource "aws_route53_query_log" "main" {
  zone_id                  = aws_route53_zone.main.zone_id
  cloudwatch_log_group_arn = "arn:aws:logs:us-east-1:${var.account}:log-group:stdout"
}

resource "aws_route53_health_check" "page" {
  type              = "HTTPS_STR_MATCH"
  fqdn              = "www.terraform.example"
  ip_address        = "192.0.2.1"
  port              = 443
  resource_path     = "/ready?a=b&c=<d>"
  search_string     = var.changed ? "fine" : "it's <ok>"
  failure_threshold = 5
  request_interval  = 10
  measure_latency   = true
  regions           = ["us-east-1", "eu-west-1", "ap-southeast-2"]
  tags              = { Name = "page" }
}

resource "aws_route53_health_check" "port" {
  type               = "TCP"
  fqdn               = "mail.terraform.example"
  port               = 25
  failure_threshold  = 3
  request_interval   = 30
  invert_healthcheck = true
  disabled           = var.changed
}

resource "aws_route53_health_check" "both" {
  type                   = "CALCULATED"
  child_health_threshold = 1
  child_healthchecks     = [aws_route53_health_check.page.id, aws_route53_health_check.port.id]
}

resource "aws_route53_cidr_collection" "nets" {
  name = "nets"
}

resource "aws_route53_cidr_location" "office" {
  cidr_collection_id = aws_route53_cidr_collection.nets.id
  name               = "office"
  cidr_blocks        = ["198.51.100.0/24", var.changed ? "2001:db8:1::/48" : "2001:db8::/48"]
}

resource "aws_route53_traffic_policy" "web" {
  name     = var.changed ? "web 2" : "web"
  comment  = "made by terraform"
  document = data.aws_route53_traffic_policy_document.web.json
  lifecycle {
    create_before_destroy = true
  }
}

data "aws_route53_traffic_policy_document" "web" {
  record_type = "A"
  start_rule  = "split"
  endpoint {
    id    = "one"
    type  = "value"
    value = var.changed ? "192.0.2.10" : "192.0.2.9"
  }
  endpoint {
    id    = "two"
    type  = "value"
    value = "192.0.2.11"
  }
  rule {
    id   = "split"
    type = "failover"
    primary {
      endpoint_reference = "one"
      health_check       = aws_route53_health_check.page.id
    }
    secondary {
      endpoint_reference = "two"
    }
  }
}

resource "aws_route53_traffic_policy_instance" "web" {
  name                   = "policy.terraform.example"
  traffic_policy_id      = aws_route53_traffic_policy.web.id
  traffic_policy_version = aws_route53_traffic_policy.web.version
  hosted_zone_id         = aws_route53_zone.main.zone_id
  ttl                    = 60
}

locals {
  plain = {
    apex  = { name = "", type = "A", records = ["192.0.2.1", "192.0.2.2"] }
    caps  = { name = "CAPS.Terraform.Example.", type = "CNAME", records = ["Target.Example.NET."] }
    star  = { name = "*.stars", type = "AAAA", records = ["2001:db8::1"] }
    text  = { name = "text", type = "TXT", records = ["v=spf1 -all", "two words", "\\\"quoted\\\" \\\\ \\303\\244"] }
    long  = { name = "long", type = "TXT", records = ["${join("", [for _ in range(25) : "0123456789"])}\"\"tail"] }
    mail  = { name = "mail", type = "MX", records = ["10 mx1.example.net.", "20 MX2.example.net"] }
    sip   = { name = "_sip._tcp", type = "SRV", records = ["1 2 5060 sip.example.net."] }
    caa   = { name = "caa", type = "CAA", records = ["0 issue \"ca.example.net\""] }
    ns    = { name = "sub", type = "NS", records = ["ns1.example.net.", "ns2.example.net."] }
    odd   = { name = "a@b/c", type = "A", records = ["192.0.2.3"] }
    https = { name = "https", type = "HTTPS", records = ["1 . alpn=\"h2,h3\""] }
  }
}

resource "aws_route53_record" "plain" {
  for_each = local.plain
  zone_id  = aws_route53_zone.main.zone_id
  name     = each.value.name
  type     = each.value.type
  ttl      = var.changed ? 60 : 300
  records  = each.value.records
}

resource "aws_route53_record" "alias" {
  for_each = { A = { target = "WWW", healthy = true }, AAAA = { target = "*.wild", healthy = false } }
  zone_id  = aws_route53_zone.main.zone_id
  name     = "alias"
  type     = each.key
  alias {
    zone_id                = aws_route53_zone.main.zone_id
    name                   = "${each.value.target}.terraform.example"
    evaluate_target_health = each.value.healthy
  }
}

resource "aws_route53_record" "weighted" {
  for_each        = { blue = var.changed ? 30 : 10, green = 0 }
  zone_id         = aws_route53_zone.main.zone_id
  name            = "weighted"
  type            = "A"
  ttl             = 60
  records         = ["192.0.2.20"]
  set_identifier  = each.key
  health_check_id = aws_route53_health_check.both.id
  weighted_routing_policy {
    weight = each.value
  }
}

resource "aws_route53_record" "latency" {
  for_each       = toset(["us-east-1", "eu-west-1"])
  zone_id        = aws_route53_zone.main.zone_id
  name           = "latency"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.20"]
  set_identifier = each.key
  latency_routing_policy {
    region = each.key
  }
}

resource "aws_route53_record" "failover" {
  for_each        = { PRIMARY = aws_route53_health_check.page.id, SECONDARY = null }
  zone_id         = aws_route53_zone.main.zone_id
  name            = "failover"
  type            = "A"
  ttl             = 60
  records         = ["192.0.2.30"]
  set_identifier  = lower(each.key)
  health_check_id = each.value
  failover_routing_policy {
    type = each.key
  }
}

resource "aws_route53_record" "geo" {
  for_each = {
    everybody = { country = "*" }
    europe    = { continent = "EU" }
    oregon    = { country = "US", subdivision = "OR" }
  }
  zone_id        = aws_route53_zone.main.zone_id
  name           = "geo"
  type           = "A"
  ttl            = 60
  records        = [var.changed ? "192.0.2.41" : "192.0.2.40"]
  set_identifier = each.key
  geolocation_routing_policy {
    continent   = try(each.value.continent, null)
    country     = try(each.value.country, null)
    subdivision = try(each.value.subdivision, null)
  }
}

resource "aws_route53_record" "near" {
  for_each       = { virginia = { region = "us-east-1" }, berlin = { latitude = "52.52", longitude = "13.4" } }
  zone_id        = aws_route53_zone.main.zone_id
  name           = "near"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.50"]
  set_identifier = each.key
  geoproximity_routing_policy {
    aws_region = try(each.value.region, null)
    bias       = var.changed ? -10 : 10
    dynamic "coordinates" {
      for_each = try([each.value.latitude], [])
      content {
        latitude  = each.value.latitude
        longitude = each.value.longitude
      }
    }
  }
}

resource "aws_route53_record" "many" {
  for_each                         = toset(["1", "2"])
  zone_id                          = aws_route53_zone.main.zone_id
  name                             = "many"
  type                             = "A"
  ttl                              = 60
  records                          = ["192.0.2.6${each.key}"]
  set_identifier                   = each.key
  multivalue_answer_routing_policy = true
}

resource "aws_route53_record" "blocks" {
  for_each       = toset([aws_route53_cidr_location.office.name, "*"])
  zone_id        = aws_route53_zone.main.zone_id
  name           = "blocks"
  type           = "A"
  ttl            = 60
  records        = ["192.0.2.70"]
  set_identifier = var.changed ? "now ${each.key}" : each.key # the provider deletes and creates in one batch
  cidr_routing_policy {
    collection_id = aws_route53_cidr_collection.nets.id
    location_name = each.key
  }
}

data "aws_route53_zone" "by_name" {
  name = "terraform.example."
}

data "aws_route53_records" "all" {
  zone_id = data.aws_route53_zone.by_name.zone_id
  depends_on = [ # read when all is made, so that the next plan reads the same
    aws_route53_record.plain, aws_route53_record.alias, aws_route53_record.weighted, aws_route53_record.latency,
    aws_route53_record.failover, aws_route53_record.geo, aws_route53_record.near, aws_route53_record.many,
    aws_route53_record.blocks, aws_route53_traffic_policy_instance.web,
  ]
}

data "aws_route53_zones" "all" {
  depends_on = [aws_route53_zone.apart, aws_route53_zone.private]
}

output "read" {
  value = {
    zone    = data.aws_route53_zone.by_name.zone_id
    apart   = aws_route53_zone.apart.zone_id
    names   = data.aws_route53_records.all.resource_record_sets[*].name
    servers = data.aws_route53_zone.by_name.name_servers
    zones   = data.aws_route53_zones.all.ids
  }
}
