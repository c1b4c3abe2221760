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

const isAnswered = step => [...step.querySelectorAll('[name]')].some(field =>
  /^[rc]/.test(field.type) ? field.checked : field.value);

const show = place => {
  at = place;
  steps.forEach((step, n) => step.hidden = at < last ? n !== at : !isAnswered(step));
  asks.className = at < last ? '' : 'all';
  byId('intro').hidden = byId('top').hidden = at;
  byId('review').hidden = byId('go').hidden = at < last;
  byId('next').hidden = byId('end').hidden = at === last;
  byId('prev').hidden = !at;
};

const go = place => {
  show(place);
  const title = (steps[at] || byId('review')).querySelector('legend, label, h2');
  title.tabIndex = -1;
  title.focus();
  scrollTo(0, 0);
};

const move = by => {
  const place = at + by;
  // The step of the files is passed over where the State takes none.
  go(steps[place] === files && !takesFiles() && !input.files.length ? place + by : place);
};

// To the first of the problems, or with none to the end.
const lead = found => {
  showProblems(found);
  if (!found.length) return go(last);
  const field = byId(found[0].split('.')[0]);
  if (!refused) show(steps.findIndex(step => step.contains(field)));
  field.focus();
};

byId('next').onclick = () => move(1);
byId('prev').onclick = () => move(-1);
byId('nav').hidden = refused;
if (!refused) show(0);
