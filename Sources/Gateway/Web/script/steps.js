// One question at a time, and at the end all that were answered, each open to be changed. The browser's history knows
// nothing of the steps: whoever leaves must leave nothing to come back to. A form that was refused stays whole, since what
// is wrong may be anywhere in it.
const asks = byId('asks');
const folded = asks.querySelector('details');
folded.replaceWith(...[...folded.children].slice(2));
const refused = document.querySelector('.sum');
const steps = [...asks.children];
const last = steps.length;
let at = refused ? last : 0;

// The files are asked for only where the State takes some, or once there are some.
const isAsked = step => step !== files || takesFiles() || input.files.length;
const isAnswered = step => [...step.querySelectorAll('[name]')].some(field =>
  /^[rc]/.test(field.type) ? field.checked : field.value);

// Which question of how many, within what is read out when it comes.
const count = make('small');
// Back on a phone is one question back, or stops what is being sent, where the browser asks the page first and has no need
// of an entry in its history, which would outlive the way out. Elsewhere Back leaves, as it always did.
let watcher;
const show = place => {
  at = place;
  watcher?.destroy();
  if (at && self.CloseWatcher) {
    watcher = new CloseWatcher();
    watcher.onclose = () => {
      byId(form.hidden ? 'stop' : 'prev').click();
      show(at);
    };
  }
  steps.forEach((step, n) => step.hidden = at < last ? n !== at : !isAnswered(step));
  // The style says what is seen where.
  document.body.className = at < last ? at ? 'on' : 'one' : 'all';
  const title = (steps[at] || byId('review')).querySelector('legend, label, h2');
  const all = steps.filter(isAsked);
  count.textContent = all.indexOf(steps[at]) + 1 + ' / ' + all.length;
  title.prepend(count);
  return title;
};

const go = place => {
  show(place).focus();
  scrollTo(0, 0);
};

const move = by => go(isAsked(steps[at + by]) ? at + by : at + by + by);

// To the first of the problems, or with none to the end.
const lead = found => {
  showProblems(found);
  if (!found.length) return go(last);
  const field = byId(found[0].split('.')[0]);
  refused || show(steps.findIndex(step => step.contains(field)));
  field.focus();
};

byId('next').onclick = () => move(1);
byId('prev').onclick = () => move(-1);
refused || show(0);
// Whether the files are one of the questions is the State's to say.
country.onchange = () => at || show(0);
