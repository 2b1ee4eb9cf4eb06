"""Answers what Ansible makes of inventories: a JSON object a line in, one a line out. Uses Ansible's own code, without a play."""
import json
import os
import sys

from ansible import constants as C
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.vars import host_group_vars
from ansible.utils.vars import load_extra_vars
from ansible.vars.manager import VariableManager

INTERNAL = frozenset(
    ["ansible_facts", "ansible_version", "ansible_playbook_python", "ansible_run_tags", "ansible_skip_tags",
     "ansible_check_mode", "ansible_diff_mode", "ansible_verbosity", "ansible_inventory_sources", "inventory_hostname",
     "inventory_hostname_short", "inventory_file", "inventory_dir", "groups", "group_names", "omit", "playbook_dir",
     "ansible_config_file", "ansible_forks", "ansible_limit", "hostvars"])

# What Ansible only warns of is to fail here.
C.INVENTORY_ANY_UNPARSED_IS_FAILED = True


def answer(question):
    # It remembers which files lie beside an inventory, by their path.
    host_group_vars.FOUND.clear()
    context.CLIARGS = ImmutableDict(extra_vars=tuple(question["extraVars"]), vault_ids=())
    loader = DataLoader()
    sources = [source if "," in source else os.path.join(question["folder"], source) for source in question["sources"]]
    inventory = InventoryManager(loader=loader, sources=sources)
    variables = VariableManager(loader=loader, inventory=inventory)
    variables._extra_vars = load_extra_vars(loader)
    hosts = {}
    for host in inventory.hosts.values():
        values = variables.get_vars(host=host, include_hostvars=False, stage="all")
        hosts[host.name] = {
            "groups": sorted(group.name for group in host.get_groups()),
            "vars": {name: value for name, value in values.items() if name not in INTERNAL},
        }
    groups = {
        group.name: {"hosts": sorted(host.name for host in group.get_hosts()),
                     "children": sorted(child.name for child in group.child_groups)}
        for group in inventory.groups.values()
    }
    return {"hosts": hosts, "groups": groups}


for line in sys.stdin:
    try:
        told = answer(json.loads(line))
    except Exception as error:  # pylint: disable=broad-except
        told = {"error": str(error)}
    print(json.dumps(told, cls=AnsibleJSONEncoder), flush=True)
