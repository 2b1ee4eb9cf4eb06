// The script of a run's page (src/report/html/page.ts). It shows what stands in #data, all of it as text.

(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const isDone = data.mode !== 'plan';

  const HOST_TONES = {
    ok: 'ok',
    changed: 'changed',
    failed: 'failed',
    unreachable: 'failed',
    interrupted: 'unknown',
    unfinished: 'unknown',
  };
  const CELLS = {
    x: { tone: 'failed', group: 'failed', word: 'failed' },
    '!': { tone: 'failed', group: 'failed', word: 'in conflict' },
    '.': { tone: 'none', group: 'not reached', word: 'not reached' },
    '+': { tone: 'changed', group: 'changed', word: isDone ? 'created' : 'to create' },
    '~': { tone: 'changed', group: 'changed', word: isDone ? 'changed' : 'to change' },
    '-': { tone: 'changed', group: 'changed', word: isDone ? 'removed' : 'to remove' },
    '>': { tone: 'changed', group: 'changed', word: isDone ? 'run' : 'to run' },
    '*': { tone: 'changed', group: 'changed', word: isDone ? 'handler, run' : 'handler, to run' },
    r: { tone: 'unknown', group: 'unknown', word: 'left to the rolling redeploy' },
    '?': { tone: 'unknown', group: 'unknown', word: 'known after apply' },
    '=': { tone: 'ok', group: 'ok', word: 'ok' },
  };
  const GLYPHS = { '>': '›', '=': '·', x: '×', '-': '−', '*': '∗', '.': '–', r: '»' };
  const GROUP_TONES = { failed: 'failed', 'not reached': 'none', changed: 'changed', unknown: 'unknown', ok: 'ok' };
  const KINDS = {
    q: 'waiting for its turn',
    l: 'login',
    p: 'plan',
    w: 'waiting for another run',
    s: 'steps',
    m: 'short steps',
  };

  /** Milliseconds. */
  const ROUND_TIMES = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
  ];

  const FIRST_ROWS = 200;
  const FIRST_TIMES = 12;
  const FIRST_CHANGES = 150;
  const MOST_COLUMNS = 250;
  const SLOWEST = 6;
  /** Of the matrix: see page.css. */
  const COLUMN_PIXELS = 22;
  const LETTER_PIXELS = 8;

  const $ = (id) => document.getElementById(id);

  // --- Elements. Whatever is put into one is text, unless it is an element. ---

  function el(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === undefined || value === false) continue;
      if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? '' : value);
    }
    fill(element, children);
    return element;
  }

  /** What is missing is left out: `undefined`, `false` and empty texts. */
  function fill(element, children) {
    element.replaceChildren(
      ...children.flat(4).filter((child) => child !== undefined && child !== false && child !== ''),
    );
  }

  /** A long name in the middle of which something is left out: kinds and ends of paths tell most. */
  function shortened(text, most) {
    if (text.length <= most) return text;
    const head = Math.min(text.indexOf(':') + 1 || 6, 10);
    return `${text.slice(0, head)}…${text.slice(head + 1 - most)}`;
  }

  function button(label, onclick, attributes = {}) {
    return el('button', { type: 'button', onclick, ...attributes }, label);
  }

  function glyph(letter) {
    return el(
      'span',
      { class: 'glyph', 'data-tone': CELLS[letter].tone, 'aria-hidden': 'true' },
      GLYPHS[letter] ?? letter,
    );
  }

  function duration(ms) {
    if (ms < 50) return '<0.1 s';
    if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
    const seconds = Math.round(ms / 1000);
    if (seconds < 60) return `${seconds} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return joined(minutes, 'min', seconds % 60, 's');
    return joined(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  }

  const joined = (whole, unit, rest, smaller) =>
    rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${smaller}`;

  const count = (number) => number.toLocaleString('en');
  const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

  // --- The hosts, each with its cells by the index of the resource ---

  const hosts = data.hosts.map((host) => {
    const cells = new Map();
    data.sets[host.set].forEach((resource, i) => {
      cells.set(resource, { letter: host.cells[i], ...host.details[i] });
    });
    return { ...host, cells };
  });
  const wordsOf = (cell) => (cell.c === undefined ? [] : data.changes[cell.c].map(({ text }) => text));

  // Resources of one role stand together, in the order in which they were seen first.
  const roles = [...new Set(data.resources.map(({ role }) => role))];
  const columns = roles.flatMap((role) => data.resources.flatMap((resource, i) => (resource.role === role ? [i] : [])));

  // --- What is chosen ---

  const chosen = { text: '', hosts: new Set(), groups: new Set() };
  let all = { rows: false, times: false, changes: false };

  function showAll(part) {
    all[part] = true;
    draw();
  }

  /** The hosts and resources that the words speak of: each word narrows what it matches. */
  function select() {
    let rows = hosts.filter(({ status }) => chosen.hosts.size === 0 || chosen.hosts.has(status));
    let shown = columns;
    for (const word of chosen.text.toLowerCase().split(/\s+/).filter(Boolean)) {
      const has = (text) => text.toLowerCase().includes(word);
      const named = rows.filter(({ name }) => has(name));
      const asked = shown.filter((i) => has(data.resources[i].id) || has(data.resources[i].role));
      if (named.length > 0) rows = named;
      if (asked.length > 0) shown = asked;
      if (named.length > 0 || asked.length > 0) continue;
      rows = rows.filter((host) => tellsOf(host, has));
    }
    if (chosen.groups.size > 0) {
      const isChosen = ({ letter }) => chosen.groups.has(CELLS[letter].group);
      shown = shown.filter((i) => rows.some(({ cells }) => cells.has(i) && isChosen(cells.get(i))));
      rows = rows.filter(({ cells }) => shown.some((i) => cells.has(i) && isChosen(cells.get(i))));
    }
    return { rows, columns: shown };
  }

  function tellsOf(host, has) {
    const error = host.error === undefined ? undefined : data.errors[host.error];
    if (error && [error.code, error.message, error.task, ...(error.detail ?? [])].some((text) => text && has(text)))
      return true;
    return [...host.cells.values()].some((cell) => wordsOf(cell).some(has));
  }

  // --- The bar ---

  function drawBar() {
    const search = el('input', {
      type: 'search',
      id: 'search',
      placeholder: 'Search hosts, resources, messages',
      'aria-label': 'Search hosts, resources, messages',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    let timer;
    search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(
        () =>
          choose(() => {
            chosen.text = search.value;
          }),
        120,
      );
    });
    const statuses = Map.groupBy(hosts, ({ status }) => status);
    const groups = new Map(Object.keys(GROUP_TONES).map((group) => [group, 0]));
    for (const { cells } of hosts)
      for (const { letter } of cells.values()) groups.set(CELLS[letter].group, groups.get(CELLS[letter].group) + 1);
    const hostChips = [...statuses].map(([status, some]) =>
      chip(statusWord(status), some.length, HOST_TONES[status], chosen.hosts, status),
    );
    const groupChips = [...groups]
      .filter(([, number]) => number > 0)
      .map(([group, number]) =>
        chip(group === 'changed' && !isDone ? 'to change' : group, number, GROUP_TONES[group], chosen.groups, group),
      );
    const bar = el(
      'div',
      {},
      search,
      hosts.length > 1 && el('fieldset', { class: 'chips' }, el('legend', {}, 'hosts'), hostChips),
      groupChips.length > 0 && el('fieldset', { class: 'chips' }, el('legend', {}, 'resources'), groupChips),
    );
    $('bar').append(bar);
    $('bar').hidden = false;
  }

  function chip(label, number, tone, set, value) {
    const one = button(
      [el('i', { 'aria-hidden': 'true' }), label, el('b', {}, count(number))],
      () =>
        choose(() => {
          if (!set.delete(value)) set.add(value);
          one.setAttribute('aria-pressed', String(set.has(value)));
        }),
      { class: 'chip', 'data-tone': tone, 'aria-pressed': 'false' },
    );
    return one;
  }

  function statusWord(status) {
    if (status === 'unfinished') return 'not finished';
    return status === 'changed' && !isDone ? 'differs' : status;
  }

  function choose(change) {
    change();
    all = { rows: false, times: false, changes: false };
    draw();
  }

  // --- Where the time went ---

  function drawTime(rows) {
    const section = $('time');
    section.hidden = data.durationMs === 0;
    const byTime = rows.toSorted((a, b) => lengthOf(b) - lengthOf(a));
    const shown = all.times ? byTime : byTime.slice(0, FIRST_TIMES);
    fill(section, [
      el(
        'header',
        {},
        el('h2', {}, 'Where the time went'),
        el('p', {}, rows.length > 1 ? `${plural(rows.length, 'host')}, the slowest first` : ''),
      ),
      legend(rows),
      el('div', { class: 'time-rows' }, el('span'), axis(), el('span'), shown.map(timeRow)),
      byTime.length > shown.length &&
        button(`Show all ${count(byTime.length)} hosts`, () => showAll('times'), { class: 'more' }),
      slowest(rows),
    ]);
  }

  function lengthOf({ spans }) {
    return spans.reduce((sum, [kind, , length]) => sum + (kind === 'q' ? 0 : length), 0);
  }

  function legend(rows) {
    const sums = new Map();
    for (const { spans } of rows) for (const [kind, , length] of spans) sums.set(kind, (sums.get(kind) ?? 0) + length);
    const told = Object.keys(KINDS).filter((kind) => kind !== 'q' && sums.get(kind) > 0);
    return el(
      'div',
      { class: 'legend' },
      told.map((kind) =>
        el('span', {}, el('i', { class: `k-${kind}` }), KINDS[kind], el('b', {}, duration(sums.get(kind)))),
      ),
      rows.some((host) => host.spans.some((span) => hasFailed(host, span))) &&
        el('span', {}, el('i', { class: 'k-x' }), 'a step that failed'),
      rows.length > 1 && 'sums over all hosts, which work side by side',
    );
  }

  /** Ticks at round times: about five of them, fewer where there is no room. */
  function axis() {
    const rough = data.durationMs / (matchMedia('(max-width: 640px)').matches ? 2.5 : 5);
    const step = ROUND_TIMES.find((time) => time >= rough) ?? rough;
    const scale = el('div', { class: 'axis', 'aria-hidden': 'true' });
    for (let at = 0; at <= data.durationMs * 0.88; at += step)
      scale.append(place(el('span', {}, at === 0 ? '0 s' : duration(at)), at));
    scale.append(place(el('span', {}, duration(data.durationMs)), data.durationMs));
    return scale;
  }

  function place(element, start, length) {
    element.style.left = `${(start / data.durationMs) * 100}%`;
    if (length !== undefined) element.style.width = `${(length / data.durationMs) * 100}%`;
    return element;
  }

  function timeRow(host) {
    const bars = host.spans
      .filter(([kind]) => kind !== 'q')
      .map((span) =>
        place(
          el('i', { class: `k-${hasFailed(host, span) ? 'x' : span[0]}`, title: spanText(span) }),
          span[1],
          span[2],
        ),
      );
    return el(
      'div',
      { class: 'time-row' },
      hostButton(host),
      el('div', { class: 'track' }, bars),
      el('span', { class: 'dim' }, duration(lengthOf(host))),
    );
  }

  function hasFailed({ cells }, [kind, , , what]) {
    return kind === 's' && cells.get(what)?.letter === 'x';
  }

  function spanText([kind, , length, what]) {
    return `${spanWhat(kind, what)}: ${duration(length)}`;
  }

  function spanWhat(kind, what) {
    if (kind === 's') return what === undefined ? 'step' : data.resources[what].id;
    if (kind === 'm') return what === 1 ? 'a short step' : `${what} short steps`;
    return kind === 'w' ? `waiting: ${what}` : KINDS[kind];
  }

  function hostButton(host, label = host.name) {
    return button(label, () => openHost(host), {
      class: 'host-name',
      'data-tone': HOST_TONES[host.status],
      title: `${host.name}: ${statusWord(host.status)}`,
    });
  }

  function slowest(rows) {
    const steps = rows
      .flatMap((host) => [...host.cells].map(([resource, cell]) => ({ host, resource, ms: cell.ms ?? 0 })))
      .filter(({ ms }) => ms >= 1000)
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SLOWEST);
    if (steps.length === 0) return undefined;
    const lines = steps.map(({ host, resource, ms }) => [
      el('b', {}, duration(ms)),
      el(
        'div',
        {},
        el('code', {}, data.resources[resource].id),
        rows.length > 1 && el('span', { class: 'dim' }, `  on ${host.name}`),
      ),
    ]);
    return el('div', { class: 'slow' }, el('h3', {}, 'Slowest steps'), lines);
  }

  // --- Hosts and resources ---

  function drawMatrix(rows, allColumns) {
    const section = $('matrix');
    section.hidden = data.resources.length === 0;
    const shown = allColumns.slice(0, MOST_COLUMNS);
    const some = all.rows ? rows : rows.slice(0, FIRST_ROWS);
    const used = new Set(rows.flatMap((host) => [...host.cells.values()].map(({ letter }) => letter)));
    const left = allColumns.length - shown.length;
    fill(section, [
      el(
        'header',
        {},
        el('h2', {}, 'Hosts and resources'),
        el(
          'p',
          {},
          `${plural(rows.length, 'host')}, ${plural(allColumns.length, 'resource')}${left > 0 ? `, of which the first ${MOST_COLUMNS}: search for others` : ''}`,
        ),
      ),
      rows.length === 0 || shown.length === 0
        ? el('p', { class: 'empty' }, 'Nothing matches.')
        : el('div', { class: 'scroll' }, matrix(some, shown)),
      rows.length > some.length &&
        button(`Show all ${count(rows.length)} hosts`, () => showAll('rows'), { class: 'more' }),
      el(
        'div',
        { class: 'key' },
        Object.keys(CELLS)
          .filter((letter) => used.has(letter))
          .map((letter) => el('span', {}, glyph(letter), CELLS[letter].word)),
      ),
    ]);
  }

  function matrix(rows, shown) {
    const groups = [...Map.groupBy(shown, (i) => data.resources[i].role)].map(([role, members]) => [
      role,
      withRoomFor(role, members),
    ]);
    const slots = groups.flatMap(([, members]) => members);
    const firsts = new Set(groups.map(([, members]) => members[0]));
    const edge = (i) => (firsts.has(i) ? 'first' : undefined);
    const table = el(
      'table',
      { class: 'matrix', role: 'grid', 'aria-label': 'Hosts and resources' },
      el(
        'thead',
        {},
        el(
          'tr',
          { class: 'roles' },
          el('th', { class: 'corner' }),
          groups.map(([role, members]) =>
            el('th', { class: 'first', colspan: members.length, scope: 'colgroup', title: role }, role),
          ),
        ),
        el(
          'tr',
          { class: 'ids' },
          el('th', { class: 'corner' }),
          slots.map((i) =>
            i === undefined
              ? el('td')
              : el(
                  'th',
                  { class: edge(i), scope: 'col', title: data.resources[i].id },
                  el('div', {}, shortened(data.resources[i].id, 24)),
                ),
          ),
        ),
      ),
      el(
        'tbody',
        {},
        rows.map((host) =>
          el(
            'tr',
            {},
            el('th', { scope: 'row' }, hostButton(host)),
            host.cells.size > 0 ? slots.map((i) => matrixCell(host, i, edge(i))) : emptyRow(host, slots.length),
          ),
        ),
      ),
    );
    keepOneStop(table);
    return table;
  }

  /** With empty columns, where its resources are too few for the name of the role above them. */
  function withRoomFor(role, members) {
    const needed = Math.ceil((role.length * LETTER_PIXELS) / COLUMN_PIXELS);
    return [...members, ...Array(Math.max(0, needed - members.length)).fill(undefined)];
  }

  /** Nothing is known of its resources: what is told instead is why. */
  function emptyRow(host, columnCount) {
    const why = host.error === undefined ? statusWord(host.status) : data.errors[host.error].message;
    return el('td', { class: 'why', colspan: columnCount, title: why }, el('span', { class: 'why-text' }, why));
  }

  function matrixCell(host, resource, edge) {
    const cell = host.cells.get(resource);
    if (cell === undefined) return el('td', { class: edge });
    const { tone, word, group } = CELLS[cell.letter];
    const out = chosen.groups.size > 0 && !chosen.groups.has(group) ? 'out' : '';
    const label = `${host.name}, ${data.resources[resource].id}: ${word}`;
    const td = el(
      'td',
      {
        class: [edge, out].filter(Boolean).join(' ') || undefined,
        'data-tone': tone,
        tabindex: '-1',
        title: label,
        'aria-label': label,
      },
      GLYPHS[cell.letter] ?? cell.letter,
    );
    places.set(td, { host, resource });
    return td;
  }

  const places = new WeakMap();

  /** The table is one stop of the Tab key; arrows go from cell to cell, Enter opens one. */
  function keepOneStop(table) {
    const cells = () => [...table.querySelectorAll('td[data-tone]')];
    const first = table.querySelector('td[data-tone]');
    if (first) first.tabIndex = 0;
    table.addEventListener('click', (event) => {
      const td = event.target.closest('td[data-tone]');
      if (td) openCell(places.get(td));
    });
    table.addEventListener('focusin', (event) => {
      const td = event.target.closest('td[data-tone]');
      if (!td) return;
      for (const other of table.querySelectorAll('td[tabindex="0"]')) other.tabIndex = -1;
      td.tabIndex = 0;
    });
    table.addEventListener('keydown', (event) => {
      const td = event.target.closest('td[data-tone]');
      if (!td) return;
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        openCell(places.get(td));
        return;
      }
      const target = neighbour(td, event.key, cells);
      if (!target) return;
      event.preventDefault();
      target.focus();
    });
  }

  function neighbour(td, key, cells) {
    const row = td.parentElement;
    const along = (start, step) => {
      let next = start[step];
      while (next && !next.dataset.tone) next = next[step];
      return next;
    };
    const across = (step) => {
      let next = row[step];
      while (next && !next.cells[td.cellIndex]?.dataset.tone) next = next[step];
      return next?.cells[td.cellIndex];
    };
    switch (key) {
      case 'ArrowLeft':
        return along(td, 'previousElementSibling');
      case 'ArrowRight':
        return along(td, 'nextElementSibling');
      case 'ArrowUp':
        return across('previousElementSibling');
      case 'ArrowDown':
        return across('nextElementSibling');
      case 'Home':
        return row.querySelector('td[data-tone]');
      case 'End':
        return [...row.querySelectorAll('td[data-tone]')].at(-1);
      case 'PageDown':
        return cells().at(-1);
      case 'PageUp':
        return cells()[0];
      default:
        return undefined;
    }
  }

  // --- Changes: what is the same on many hosts stands there once ---

  function drawChanges(rows, shown) {
    const section = $('changes');
    section.hidden = data.resources.length === 0;
    const showsOk = chosen.groups.has('ok');
    const wanted = (letter) => (chosen.groups.size > 0 ? chosen.groups.has(CELLS[letter].group) : letter !== '=');
    const order = new Map(shown.map((resource, i) => [resource, i]));
    const groups = new Map();
    let inOrder = 0;
    for (const host of rows) {
      for (const [resource, cell] of host.cells) {
        if (!order.has(resource)) continue;
        if (cell.letter === '=' && !showsOk) inOrder += 1;
        if (!wanted(cell.letter)) continue;
        const key = `${resource} ${cell.letter} ${cell.c ?? ''} ${cell.e ?? ''} ${cell.why ?? ''}`;
        const group = groups.get(key) ?? { resource, cell, hosts: [], ms: 0 };
        group.hosts.push(host);
        group.ms = Math.max(group.ms, cell.ms ?? 0);
        groups.set(key, group);
      }
    }
    const rank = ({ cell }) => (cell.letter === 'x' || cell.letter === '!' ? 0 : 1);
    const sorted = [...groups.values()].sort(
      (a, b) => rank(a) - rank(b) || order.get(a.resource) - order.get(b.resource),
    );
    const some = all.changes ? sorted : sorted.slice(0, FIRST_CHANGES);
    const parts = some.flatMap((group, i) => {
      const title = rank(group) === 0 ? 'failed' : data.resources[group.resource].role;
      const before = some[i - 1];
      const same =
        before !== undefined && (rank(before) === 0 ? 'failed' : data.resources[before.resource].role) === title;
      return [...(same ? [] : [el('h3', { class: 'role' }, title)]), changeEntry(group, rows.length)];
    });
    fill(section, [
      el(
        'header',
        {},
        el('h2', {}, showsOk ? 'Resources' : isDone ? 'Changes' : 'What would change'),
        el('p', {}, inOrder > 0 ? `${count(inOrder)} in order are not listed` : ''),
      ),
      ...(parts.length > 0 ? parts : [el('p', { class: 'empty' }, rows.length === 0 ? 'Nothing matches.' : 'None.')]),
      sorted.length > some.length
        ? button(`Show all ${count(sorted.length)}`, () => showAll('changes'), { class: 'more' })
        : undefined,
    ]);
  }

  function changeEntry({ resource, cell, hosts: on, ms }, total) {
    const { id } = data.resources[resource];
    const { word } = CELLS[cell.letter];
    const words = [
      ...(cell.why === undefined ? [] : [`known after apply (${cell.why})`]),
      ...wordsOf(cell).filter(Boolean),
    ];
    const error = cell.e === undefined ? undefined : data.errors[cell.e];
    const text = error ? error.message : words.join(', ');
    const side = [
      total > 1 ? (on.length === 1 ? on[0].name : plural(on.length, 'host')) : '',
      ms > 0 ? duration(ms) : '',
    ]
      .filter(Boolean)
      .join(' · ');
    const line = [
      glyph(cell.letter),
      el(
        'span',
        { class: 'what' },
        el('span', { class: 'id', title: word }, id),
        el('span', { class: 'words' }, text.length > 160 ? `${text.slice(0, 159)}…` : text),
      ),
      el('span', { class: 'side' }, side),
    ];
    const hasMore =
      error ||
      on.length > 1 ||
      (cell.c !== undefined &&
        (data.changes[cell.c].length > 1 ||
          data.changes[cell.c].some(({ diff, hint }) => diff !== undefined || hint))) ||
      text.length > 160;
    if (!hasMore) return el('div', { class: 'change' }, el('div', { class: 'row' }, line));
    const isTold = !error && text.length <= 160;
    const entry = el('details', { class: 'change' }, el('summary', {}, line));
    // Filled in when it is opened: there may be thousands of lines.
    entry.addEventListener('toggle', () => {
      if (entry.children.length === 1)
        entry.append(el('div', { class: 'body' }, tellCell(cell, isTold), on.length > 1 && hostList(on)));
    });
    const [only] = cell.c === undefined ? [] : data.changes[cell.c];
    if (total === 1 && only?.diff !== undefined && data.diffs[only.diff].length <= 24) entry.open = true;
    return entry;
  }

  function hostList(on) {
    const MOST = 40;
    const names = on
      .slice(0, MOST)
      .flatMap((host, i) => [i > 0 ? ', ' : '', button(host.name, () => openHost(host), { class: 'link' })]);
    return el('p', { class: 'list' }, 'on ', names, on.length > MOST && ` and ${count(on.length - MOST)} more`);
  }

  /** Changes, diffs and error of one resource. `isTold`: the changes stand above already, in short. */
  function tellCell(cell, isTold = false) {
    const error = cell.e === undefined ? undefined : data.errors[cell.e];
    const changes = cell.c === undefined ? [] : data.changes[cell.c];
    return [
      error && tellError(error),
      cell.why !== undefined && el('p', {}, `Known after apply: ${cell.why}.`),
      changes.map(({ text, hint, diff }) => [
        text !== '' && !(isTold && changes.length === 1) && el('p', { class: 'mono' }, text),
        hint !== undefined && el('p', {}, hint),
        diff !== undefined && diffBlock(data.diffs[diff]),
      ]),
    ];
  }

  function diffBlock(lines) {
    const classes = { '+': 'add', '-': 'del', '@': 'hunk' };
    return el(
      'pre',
      { class: 'diff', tabindex: '0', 'aria-label': 'What changes, line by line' },
      el(
        'code',
        {},
        lines.map((line) => el('span', { class: classes[line.charAt(0)] }, line || ' ')),
      ),
    );
  }

  function tellError({ message, detail, hint, code, location, task }) {
    const where = [location, task].filter(Boolean).join(', ');
    const rows = [
      ['where', where],
      ['why', detail && el('pre', { class: 'output' }, detail.join('\n'))],
      ['do', hint],
      ['code', el('span', {}, el('code', {}, code), `, see docs/errors.md#${code}`)],
    ];
    return el(
      'article',
      { class: 'failure' },
      el('h3', {}, message),
      el(
        'dl',
        {},
        rows.filter(([, value]) => value).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
      ),
    );
  }

  // --- The sheet of one host or one cell ---

  function openSheet(...content) {
    const sheet = $('sheet');
    sheet.replaceChildren(
      button('Close', () => sheet.close(), { class: 'close' }),
      ...content.flat(3).filter(Boolean),
    );
    sheet.scrollTop = 0;
    if (!sheet.open) sheet.showModal();
  }

  function facts(rows) {
    return el(
      'dl',
      { class: 'facts' },
      rows
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]),
    );
  }

  function openCell({ host, resource }) {
    const cell = host.cells.get(resource);
    const { id, role } = data.resources[resource];
    const { tone, word } = CELLS[cell.letter];
    const same = hosts.filter(
      (other) =>
        other !== host && other.cells.get(resource)?.letter === cell.letter && other.cells.get(resource)?.c === cell.c,
    );
    openSheet(
      el('h2', { class: 'mono' }, id),
      facts([
        ['status', el('span', { class: 'pill', 'data-tone': tone }, word)],
        ['host', button(host.name, () => openHost(host), { class: 'link' })],
        ['role', role],
        ['took', cell.ms === undefined ? undefined : duration(cell.ms)],
        ['the same on', same.length === 0 ? undefined : plural(same.length, 'other host')],
      ]),
      el('div', { class: 'cell-body' }, tellCell(cell)),
    );
  }

  function openHost(host) {
    const entries = [...host.cells].map(([resource, cell]) => ({ resource, cell, hosts: [host], ms: cell.ms ?? 0 }));
    const open = entries.filter(({ cell }) => cell.letter !== '=');
    const spans = host.spans.filter(([, , length]) => length > 0);
    openSheet(
      el('h2', {}, host.name),
      facts([
        ['status', el('span', { class: 'pill', 'data-tone': HOST_TONES[host.status] }, statusWord(host.status))],
        ['took', duration(host.durationMs)],
        ['resources', `${plural(entries.length, 'resource')}, ${count(entries.length - open.length)} ok`],
      ]),
      host.error !== undefined && [el('h3', {}, 'What failed'), tellError(data.errors[host.error])],
      open.length > 0 && [
        el('h3', {}, isDone ? 'Changes' : 'What would change'),
        open.map((entry) => changeEntry(entry, 0)),
      ],
      spans.length > 0 && [
        el('h3', {}, 'Where the time went'),
        el(
          'div',
          { class: 'spans' },
          spans.map((span) => [
            el('i', { class: `k-${hasFailed(host, span) ? 'x' : span[0]}`, 'aria-hidden': 'true' }),
            el('span', { class: 'dim' }, `at ${span[1] === 0 ? '0 s' : duration(span[1])}`),
            el('b', {}, duration(span[2])),
            el('div', { class: 'what' }, spanWhat(span[0], span[3])),
          ]),
        ),
      ],
    );
  }

  // --- Light and dark ---

  function drawTheme() {
    const system = matchMedia('(prefers-color-scheme: dark)');
    const root = document.documentElement;
    const isDark = () => (root.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';
    const label = () => {
      $('theme').textContent = isDark() ? 'Light colours' : 'Dark colours';
    };
    try {
      const kept = localStorage.getItem('provision-theme');
      if (kept === 'light' || kept === 'dark') root.dataset.theme = kept;
    } catch {
      // Pages of files may keep nothing: then the choice holds for this look at it.
    }
    $('theme').addEventListener('click', () => {
      root.dataset.theme = isDark() ? 'light' : 'dark';
      label();
      try {
        localStorage.setItem('provision-theme', root.dataset.theme);
      } catch {
        // As above.
      }
    });
    system.addEventListener('change', label);
    label();
    $('theme').hidden = false;
  }

  function drawKeys() {
    $('keys').append(
      el(
        'p',
        {},
        el('kbd', {}, '/'),
        ' searches, ',
        el('kbd', {}, 'Tab'),
        ' goes on, arrows move in the table, ',
        el('kbd', {}, 'Enter'),
        ' opens, ',
        el('kbd', {}, 'Esc'),
        ' closes.',
      ),
    );
    $('keys').hidden = false;
    document.addEventListener('keydown', (event) => {
      const types = event.target.matches('input, textarea');
      if (event.key === '/' && !types && !$('sheet').open) {
        event.preventDefault();
        $('search').focus();
      }
      if (event.key === 'Escape' && event.target === $('search')) {
        $('search').value = '';
        choose(() => {
          chosen.text = '';
        });
      }
    });
    $('sheet').addEventListener('click', (event) => {
      if (event.target === $('sheet')) $('sheet').close();
    });
  }

  function draw() {
    const { rows, columns: shown } = select();
    drawFailures(rows);
    drawTime(rows);
    drawMatrix(rows, shown);
    drawChanges(rows, shown);
  }

  /** They are written into the page, so that they are there without a script: here they are only chosen from. */
  function drawFailures(rows) {
    const section = $('failures');
    if (!section) return;
    const shown = new Set(rows.flatMap(({ error }) => error ?? []));
    for (const article of section.querySelectorAll('.failure')) {
      article.hidden = !article.dataset.errors.split(' ').some((index) => shown.has(Number(index)));
    }
    section.hidden = shown.size === 0;
    // What was chosen must not be out of sight.
    const more = section.querySelector('details');
    if (!more) return;
    more.hidden = more.querySelector('.failure:not([hidden])') === null;
    if (isNarrowed()) more.open = true;
  }

  function isNarrowed() {
    return chosen.text.trim() !== '' || chosen.hosts.size > 0 || chosen.groups.size > 0;
  }

  drawTheme();
  drawBar();
  drawKeys();
  draw();
})();
