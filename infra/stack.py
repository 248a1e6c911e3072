"""What every stack here is: Terraform with names that people can read."""

from __future__ import annotations

from typing import Any

from infra.cdk import TerraformStack, member


class ReadableStack(TerraformStack):
    """A stack whose elements are called by their place in it."""

    @member(jsii_name="allocateLogicalId")
    def _allocate_logical_id(self, tf_element: Any) -> str:
        """Return an element's path as its name, such as ``network_vpc``, in place of CDKTF's hashes."""
        node = getattr(tf_element, "node", tf_element)
        return "_".join(str(node.path).split("/")[1:]).replace("-", "_")
