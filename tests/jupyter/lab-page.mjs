// JupyterLab's notebook, outputs and widget manager on a page of their own, without the shell around them; for browser.mjs.
import '@jupyterlab/theme-light-extension/style/theme.css';
import '@jupyterlab/notebook/style/index.js';
import '@jupyter-widgets/controls/css/widgets.built.css';
import * as controls from '@jupyter-widgets/controls';
import { baseWidgetsPlugin, managerPlugin, registerNotebookWidgetManager } from '@jupyter-widgets/jupyterlab-manager/lib/plugin.js';
import { CodeMirrorEditorFactory, CodeMirrorMimeTypeService, EditorExtensionRegistry, EditorLanguageRegistry, EditorThemeRegistry, ybinding } from '@jupyterlab/codemirror';
import { DocumentManager } from '@jupyterlab/docmanager';
import { DocumentRegistry } from '@jupyterlab/docregistry';
import { rendererFactory as javascript } from '@jupyterlab/javascript-extension';
import { NotebookActions, NotebookModelFactory, NotebookPanel, NotebookWidgetFactory } from '@jupyterlab/notebook';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { ServerConnection, ServiceManager } from '@jupyterlab/services';
import { Widget } from '@lumino/widgets';

const query = new URLSearchParams(location.search);
const serverSettings = ServerConnection.makeSettings({ baseUrl: `${location.origin}/`, wsUrl: `ws://${location.host}/`, token: query.get('token'), appendToken: true });
const services = new ServiceManager({ serverSettings });
await services.ready;

const rendermime = new RenderMimeRegistry({ initialFactories: [...standardRendererFactories, javascript] });
const widgets = managerPlugin.activate({}, rendermime, null, null, null, null, null, null);
baseWidgetsPlugin.activate({}, widgets);
widgets.registerWidget({ name: '@jupyter-widgets/controls', version: controls.JUPYTER_CONTROLS_VERSION, exports: controls });

const languages = new EditorLanguageRegistry();
const extensions = new EditorExtensionRegistry();
for (const factory of EditorExtensionRegistry.getDefaultExtensions({ themes: new EditorThemeRegistry() })) extensions.addExtension(factory);
extensions.addExtension({
  name: 'shared-model-binding',
  factory: options => ({ instance: () => [ybinding({ ytext: options.model.sharedModel.ysource })], reconfigure: () => null }),
});
const editors = new CodeMirrorEditorFactory({ extensions, languages });
const registry = new DocumentRegistry();
registry.addModelFactory(new NotebookModelFactory({}));
registry.addWidgetFactory(new NotebookWidgetFactory({
  name: 'Notebook', modelName: 'notebook', fileTypes: ['notebook'], defaultFor: ['notebook'], preferKernel: true, canStartKernel: true, rendermime,
  contentFactory: new NotebookPanel.ContentFactory({ editorFactory: editors.newInlineEditor }), mimeTypeService: new CodeMirrorMimeTypeService(languages),
}));

const panel = new DocumentManager({ registry, manager: services, opener: { open: () => {} } }).open(query.get('path'));
await panel.context.ready;
await panel.sessionContext.ready;
await registerNotebookWidgetManager(panel, []);
panel.id = 'main';
Widget.attach(panel, document.body);
window.runAll = () => NotebookActions.runAll(panel.content, panel.sessionContext);
