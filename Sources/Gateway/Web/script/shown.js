// The receipt, shown once in the place of the form.
const showReceipt = (groups, promised) => {
  byId('top').remove();
  watcher?.destroy();
  byId('main').replaceChildren(byId('done').content);
  const digits = document.querySelector('.digits');
  if (groups) digits.append(...groups.map(group => make('span', group + ' ')));
  else digits.parentNode.remove();
  byId('proof').href += promised.promise.split('\n')[2].replaceAll('+', '-').replaceAll('/', '_').replace('=', '');
  byId('entry').textContent = JSON.stringify(promised);
  byId('done-heading').focus();
  if (!groups) return;
  byId('keep').hidden = false;
  const copied = byId('copied');
  byId('copy').onclick = () => {
    // What is selected can be copied by hand where this is refused.
    getSelection().selectAllChildren(digits);
    if (document.execCommand('copy')) copied.textContent = copied.dataset.said;
  };
  byId('print').onclick = () => print();
};
