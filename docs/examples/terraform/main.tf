# A district declared in Terraform, by Homeroom's command line: no provider of its own is needed.
# `homeroom` is on PATH; HOMEROOM_URL and HOMEROOM_TOKEN are in the environment.

terraform {
  required_version = ">= 1.4"
}

variable "name" {
  description = "The district's full name."
  type        = string
}

variable "slug" {
  type = string
}

variable "account_id" {
  type = string
}

variable "environment" {
  type    = string
  default = "sandbox"
}

variable "settings" {
  description = "Settings that may change: see `homeroom district settings`."
  type        = any
  default     = {}
}

variable "watch" {
  description = "Wait for each run; a plan that needs a second person then fails the apply, and the next one goes on."
  type        = bool
  default     = true
}

locals {
  suffix = "${var.slug}-${{ sandbox = "sbx", staging = "stg", production = "prod" }[var.environment]}"
  watch  = var.watch ? "--watch" : ""
}

resource "terraform_data" "district" {
  # What never changes: another name is another district.
  triggers_replace = [var.name, var.slug, var.account_id, var.environment]

  # What the removal needs to know, as it was when the district was made.
  input = {
    suffix = local.suffix
    watch  = local.watch
  }

  provisioner "local-exec" {
    command = "printf '%s' \"$DISTRICT\" | homeroom district register --file - ${local.watch}"
    environment = {
      DISTRICT = jsonencode(merge({
        name        = var.name
        slug        = var.slug
        account_id  = var.account_id
        environment = var.environment
      }, { for key, value in var.settings : key => value if contains(["size", "zones", "egress", "tags"], key) }))
    }
  }

  provisioner "local-exec" {
    when    = destroy
    command = "homeroom district destroy \"$SUFFIX\" --confirm \"$SUFFIX\" --reason 'terraform destroy' $WATCH"
    environment = {
      SUFFIX = self.input.suffix
      WATCH  = self.input.watch
    }
  }
}

resource "terraform_data" "settings" {
  depends_on       = [terraform_data.district]
  triggers_replace = [terraform_data.district.id, jsonencode(var.settings)]

  # Asks for nothing where the district has them already.
  provisioner "local-exec" {
    command     = "printf '%s' \"$SETTINGS\" | homeroom district settings ${local.suffix} --file - ${local.watch}"
    environment = { SETTINGS = jsonencode(var.settings) }
  }
}

output "suffix" {
  value = local.suffix
}
