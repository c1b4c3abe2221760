// The receipt, shown once in the place of the form.
const showReceipt = groups => {
  const done = byId('done').content;
  const receipt = done.querySelector('[data-receipt]');
  if (groups) receipt.querySelector('.digits').append(...groups.map(group => make('span', group + ' ')));
  else receipt.remove();
  byId('top').remove();
  byId('main').replaceChildren(done);
  byId('done-heading').focus();
  if (!groups) return;
  byId('keep').hidden = false;
  byId('copy').onclick = () => {
    // What is selected can be copied by hand where this is refused.
    getSelection().selectAllChildren(receipt.querySelector('.digits'));
    if (document.execCommand('copy')) byId('copy').append(' ✓');
  };
  byId('print').onclick = () => print();
};
