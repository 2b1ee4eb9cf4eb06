"""Answers with Ansible's own code: a line of JSON for each line of JSON. One process, for its start takes a second."""

import json
import os
import sys

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, _escape_backslashes
from ansible.template.vars import AnsibleJ2Vars
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager


def value_of(templar, expression):
    """What an expression is, before Ansible makes a text of it."""
    compiled = templar.environment.compile_expression(expression, undefined_to_none=False)
    variables = AnsibleJ2Vars(templar, {})
    names = {key: variables[key] for key in variables}
    context = compiled._template.new_context({**names, 'lookup': templar._lookup})
    for _ in compiled._template.root_render_func(context):
        pass
    return context.vars['result']


def answer(templar, text):
    try:
        is_one = text.startswith('{{') and text.endswith('}}') and text.rindex('{{') == 0
        escaped = _escape_backslashes(text, templar.environment)[2:-2].strip()
        value = value_of(templar, escaped) if is_one else templar.template(text, convert_data=False)
        return {'value': json.loads(json.dumps(value))}
    except Exception as error:
        return {'error': f'{type(error).__name__}: {error}'}


for line in sys.stdin:
    request = json.loads(line)
    os.environ.update(request['env'])
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[request['inventory']])
    manager = VariableManager(loader=loader, inventory=inventory)
    variables = manager.get_vars(host=inventory.get_host(request['host']))
    variables['hostvars'] = HostVars(inventory, manager, loader)
    templar = Templar(loader=loader, variables=variables)
    print(json.dumps([answer(templar, text) for text in request['texts']]), flush=True)
