// What was answered, and what is missing. Nothing leaves the phone before "Send"; nothing is stored on it.
// The tip as far as the fields make it; boxes give lists, and so do the lines of what is online.
const answers = fields => {
  const tip = {};
  for (const [name, value] of fields) {
    const text = name !== 'attachments' && name !== 'mailbox' && clean(value);
    if (!text) continue;
    if (name === 'online') tip[name] = text.match(/\S(.*\S)?/g);
    else if (byId(name).type === 'checkbox') (tip[name] ||= []).push(text);
    else tip[name] = text;
  }
  return tip;
};

const input = form.elements.attachments;
const country = byId('where_country');
const files = byId('files');
const takesFiles = () => settings.files.includes(country.value || 'region');

const problems = (tip, files, copies) => {
  const found = [];
  const expect = (holds, problem) => holds || found.push(problem);
  expect(tip.danger_now, 'danger_now.missing');
  expect(tip.what_happened || tip.online, 'what_happened.missing');
  for (const name in tip) {
    const most = name === 'what_happened' ? 4000 : 500;
    expect([tip[name]].flat().every(text => [...text].length <= most), name + '.too_long');
  }
  expect(!tip.online || tip.online.length <= 10, 'online.too_many');
  expect(!files.length || takesFiles(), 'attachments.files_not_here');
  expect(files.length <= 16, 'attachments.too_many');
  expect(!(new Blob([...files, ...copies]).size > settings.most), 'attachments.files_too_large');
  expect(tip.who_am_i !== 'child_affected' || tip.consent_share, 'consent_share.missing');
  return found;
};

const showProblems = found => {
  document.querySelectorAll('.e').forEach(place => place.replaceChildren());
  for (const field of form.elements) field.removeAttribute('aria-invalid');
  for (const problem of found) {
    const [name, reason] = problem.split('.');
    put(byId('e-' + name), entry(problem) ? problem : reason);
    if (!/^[rc]/.test(byId(name).type)) byId(name).setAttribute('aria-invalid', true);
  }
};
