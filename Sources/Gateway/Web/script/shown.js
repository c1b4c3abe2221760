// The receipt, shown once in the place of the form.
const showReceipt = groups => {
  const done = byId('done').content;
  const receipt = done.querySelector('[data-receipt]');
  if (groups) {
    for (const group of groups) {
      const span = document.createElement('span');
      span.textContent = group + ' ';
      receipt.querySelector('.digits').append(span);
    }
  } else {
    receipt.remove();
  }
  form.reset();
  byId('top').remove();
  byId('main').replaceChildren(done);
  byId('done-heading').focus();
};
