// What was answered, and what is missing. Nothing leaves the phone before "Send"; nothing is stored on it.
// The tip as far as the fields make it; boxes give lists, and so do the lines of what is online.
const answers = fields => {
  const tip = {channel: 'web', language: form.action.split('/')[3]};
  for (const [name, value] of fields) {
    // A file is no text, and goes another way.
    const text = value.trim && clean(value);
    // Nor is a field that some program added to the page: no office reads a tip with other members than the form's.
    if (!text || !byId('e-' + name)) continue;
    if (name === 'online') tip[name] = text.match(/\S(.*\S)?/g);
    else if (byId(name).type === 'checkbox') (tip[name] ||= []).push(text);
    else tip[name] = text;
  }
  return tip;
};

const input = byId('attachments');
const country = byId('where_country');
const files = byId('files');
const takesFiles = () => settings.files.includes(country.value || 'region');

const problems = (tip, chosen, files) => {
  const found = [];
  const expect = (holds, problem) => holds || found.push(problem);
  const share = tip.consent_share;
  expect(tip.danger_now, 'danger_now.missing');
  expect(tip.what_happened || tip.online, 'what_happened.missing');
  for (const name in tip) {
    const most = name === 'what_happened' ? 4000 : 500;
    expect([tip[name]].flat().every(text => [...text].length <= most), name + '.too_long');
  }
  expect(!tip.online || tip.online.length <= 10, 'online.too_many');
  expect(!chosen.length || takesFiles(), 'attachments.files_not_here');
  expect(chosen.length <= 16, 'attachments.too_many');
  expect(!(new Blob(files).size > settings.most), 'attachments.files_too_large');
  expect(tip.who_am_i !== 'child_affected' || share, 'consent_share.missing');
  // Nobody, or the helpline alone, leaves no room for others beside it.
  expect(!share?.[1] || !/none_yet|hotline/.test(share), 'consent_share.too_many');
  return found;
};

const showProblems = found => {
  document.querySelectorAll('.e').forEach(place => put(place));
  for (const field of form.elements) field.removeAttribute('aria-invalid');
  for (const problem of found) {
    const [name, reason] = problem.split('.');
    put(byId('e-' + name), entry(problem) ? problem : reason);
    if (!/^[rc]/.test(byId(name).type)) byId(name).setAttribute('aria-invalid', true);
  }
};
