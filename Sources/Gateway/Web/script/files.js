// Attachments: what the tip says of them, and copies of photos without place and device data.
const choice = byId('clean');

// Only what is seen is drawn again: place, device, time and thumbnail stay behind. At most 4,096 pixels on a side, which
// every phone can draw.
const cleaned = async (file, index) => {
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, 4096 / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(picture.width * scale, picture.height * scale);
  const context = canvas.getContext('2d');
  // What can be seen through is drawn on paper, and not on black. Some browsers hide what was drawn, against being
  // recognised: the paper comes back as noise or as pure white, and a photo would too.
  context.fillStyle = '#fefefe';
  context.fillRect(0, 0, 4096, 4096);
  if ('' + context.getImageData(0, 0, 1, 1).data !== '254,254,254,255') throw 0;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const copy = await canvas.convertToBlob({type: 'image/jpeg', quality: .9});
  copy.name = file.name.replace(/(\.\w+)?$/, '.jpg');
  copy.copy_of = index;
  return copy;
};

// The copies of the photos that are chosen, made one after the other; names the files of which there can be none.
let copying = Promise.resolve([]);
const copyAll = () => {
  copying = copying.then(async () => {
    const copies = [];
    const names = [];
    for (const [index, file] of choice.checked ? [...input.files].entries() : []) {
      try {
        copies.push(await cleaned(file, index));
      } catch {
        names.push(' ' + clean(file.name));
      }
    }
    put(byId('kept'), names[0] && 'not_cleaned', names.join());
    return copies;
  });
};
if (choice) {
  input.onchange = choice.onchange = copyAll;
  // Where the gateway encrypts, nothing here makes a copy.
  capable.then(able => byId('cleaning').hidden = !(choice.checked = able));
}

const describe = async (signal, files) => {
  const list = [];
  for (const file of files) {
    const hash = hasher();
    for (let at = 0; at < file.size; at += CHUNK) {
      signal.throwIfAborted();
      hash(await piece(file, at));
    }
    list.push({
      // The last 60 characters, so that the ending stays; a name must not be able to do anything but name, and one that
      // no office accepts would make the whole tip unreadable.
      name: [...clean(file.name).replace(/[\t\n/\\]/g, '_')].slice(-60).join('').replace(/^\.{0,2}$/, '-'),
      type: /^[!-~]{1,127}$/.test(file.type) ? file.type : 'application/octet-stream',
      size: file.size, sha256: base64(hash()), copy_of: file.copy_of,
    });
  }
  return list;
};
