// The classic Notebook loads this beside the kernel. Alone among front ends it does not tell which cell a request runs;
// with this it does as the others do, so that a cell that was edited and run again replaces what it has shown before.
define(['notebook/js/codecell', 'services/kernels/kernel'], function (codecell, kernels) {
  'use strict';
  var cells = codecell.CodeCell.prototype, kernel = kernels.Kernel.prototype;
  var execute = cells.execute, send = kernel.send_shell_message, loaded = false, running = null;
  return {
    onload: function () {
      if (loaded) return;
      loaded = true;
      cells.execute = function () {
        running = this;
        try {
          return execute.apply(this, arguments);
        } finally {
          running = null;
        }
      };
      kernel.send_shell_message = function (type, content, callbacks, metadata, buffers) {
        if (type === 'execute_request' && running) metadata = Object.assign({ cellId: running.id || running.cell_id }, metadata);
        return send.call(this, type, content, callbacks, metadata, buffers);
      };
    }
  };
});
