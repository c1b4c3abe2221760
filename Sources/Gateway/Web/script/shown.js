// What is shown once the tip is kept, in the place of the form, and once only.
const showKept = kept => {
  byId('top').remove();
  watcher?.destroy();
  byId('main').replaceWith(kept);
  (byId('done-heading') || byId('main')).focus();
  const copied = byId('copied');
  if (!copied) return;
  byId('keep').hidden = false;
  // As text alone: beside markup some browsers write down where it comes from.
  byId('copy').onclick = () => navigator.clipboard.writeText(document.querySelector('.digits').textContent)
    .then(() => copied.textContent = copied.dataset.said);
  byId('print').onclick = () => print();
};

const showReceipt = (groups, promised) => {
  const done = byId('done').content;
  const digits = done.querySelector('.digits');
  if (groups) digits.append(...groups.map(group => make('span', group + ' ')));
  else digits.parentNode.remove();
  done.getElementById('proof').href += promised.promise.split('\n')[2].replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
  done.getElementById('entry').textContent = JSON.stringify(promised);
  showKept(done);
};
