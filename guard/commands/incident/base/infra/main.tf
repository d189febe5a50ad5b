terraform {
  required_providers {
    aws     = { source = "hashicorp/aws" }
    archive = { source = "hashicorp/archive" }
  }
}

provider "aws" {
  region = "us-east-1"
}

data "archive_file" "orders" {
  type        = "zip"
  source_dir  = "${path.module}/../services/orders"
  output_path = "${path.module}/build/orders.zip"
}
