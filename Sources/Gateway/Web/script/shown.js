// The receipt, shown once in the place of the form.
const showReceipt = groups => {
  const done = byId('done').content;
  const receipt = done.querySelector('[data-receipt]');
  if (groups) {
    for (const group of groups) {
      receipt.querySelector('.digits').append(make('span', group + ' '));
    }
  } else {
    receipt.remove();
  }
  form.reset();
  byId('top').remove();
  byId('main').replaceChildren(done);
  byId('done-heading').focus();
};
