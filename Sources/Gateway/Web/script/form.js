// What was answered, and what is missing. Nothing leaves the phone before "Send"; nothing is stored on it.
// Invisible characters that no reader accepts (they can turn text around); some programs add them when text is copied.
const clean = text => (text.toWellFormed ? text.toWellFormed() : text)
  .replace(/\r\n?/g, '\n').replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '').trim();

const answers = fields => {
  const one = name => clean(fields.get(name) || '') || undefined;
  const many = values => values.length ? values : undefined;
  const tip = {v: 1, channel: 'web', language: form.getAttribute('action').slice(1)};
  for (const name of ['danger_now', 'who_am_i', 'what_happened', 'where_country', 'where_text', 'when', 'child_age_band',
    'exploiter_known', 'still_happening']) tip[name] = one(name);
  tip.category = many(fields.getAll('category'));
  tip.consent_share = many(fields.getAll('consent_share'));
  tip.online = many((one('online') || '').split('\n').map(line => line.trim()).filter(line => line));
  return tip;
};

const takesFiles = () => (settings.files || '').split(' ').includes(form.elements.where_country.value || 'region');

const problems = (tip, files, copies) => {
  const found = [];
  const long = (text, most) => [...text || ''].length > most;
  if (!tip.danger_now) found.push(['danger_now', 'missing']);
  if (!tip.what_happened) found.push(['what_happened', 'missing']);
  if (long(tip.what_happened, 4000)) found.push(['what_happened', 'too_long']);
  if (long(tip.where_text, 500)) found.push(['where_text', 'too_long']);
  if ((tip.online || []).length > 10) found.push(['online', 'too_many']);
  if ((tip.online || []).some(line => long(line, 500))) found.push(['online', 'too_long']);
  if (tip.who_am_i === 'child_affected' && !tip.consent_share) found.push(['consent_share', 'missing']);
  if (files.length && !takesFiles()) found.push(['attachments', 'files_not_here']);
  if (files.length > 16) found.push(['attachments', 'too_many']);
  if ([...files, ...copies].reduce((sum, file) => sum + file.size, 0) > settings.most) found.push(['attachments', 'files_too_large']);
  return found;
};

const showProblems = found => {
  document.querySelectorAll('.e').forEach(place => place.textContent = '');
  form.querySelectorAll('[aria-invalid]').forEach(field => field.removeAttribute('aria-invalid'));
  for (const [name, reason] of found) {
    put(byId('e-' + name), name + '.' + reason);
    if (!/^[rc]/.test(byId(name).type)) byId(name).setAttribute('aria-invalid', true);
  }
  if (!found.length) return;
  const first = byId(found[0][0]);
  const folded = first.closest('details');
  if (folded) folded.open = true;
  first.focus();
};

const files = byId('files');
if (files) (form.elements.where_country.onchange = () => {
  files.hidden = !takesFiles() && !form.elements.attachments.files.length;
})();
