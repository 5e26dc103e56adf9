"""The kernel as jupyter_client sees it: jupyter_kernel_test with samples in C#, and what that suite leaves out.

Run by run.sh, which installs the kernel into a folder of its own.
"""
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import jupyter_kernel_test
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

KERNEL = "lab-csharp"
PATIENCE = 60


class ConformanceTests(jupyter_kernel_test.KernelTests):
    kernel_name = KERNEL
    language_name = "csharp"
    file_extension = ".cs"
    code_hello_world = 'Console.WriteLine("hello, world");'
    code_stderr = 'Console.Error.WriteLine("to stderr");'
    completion_samples = [
        {"text": "Console.WriteL", "matches": {"WriteLine"}},
        {"text": "Math.Abs", "matches": {"Abs"}},
        {"text": "#!lsm", "matches": {"#!lsmagic"}},
    ]
    complete_code_samples = ["1", 'Console.WriteLine("a");', "class A { int B => 1; }", "var a = 1;\nif (a > 0) { a++; }"]
    incomplete_code_samples = ["if (true) {", "class A {", "Math.Max(1,", "/* open"]
    invalid_code_samples = ["var x = = 2;", "class 1 { }"]
    code_generate_error = 'throw new InvalidOperationException("boo");'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + "b"', "result": "ab"},
        {"code": "new[] { 1, 2 }", "mime": "text/html"},
    ]
    code_display_data = [
        {"code": 'display(HTML("<b>bold</b>"));', "mime": "text/html"},
        {"code": 'display("plain");', "mime": "text/plain"},
    ]
    code_history_pattern = "6 * 7*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Math.Abs"
    code_clear_output = "Notebook.Current.ClearOutput();"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kc.execute_interactive("throw new Exception();", timeout=PATIENCE)  # the suite allows 0.1 s between messages


class ProcessTests(unittest.TestCase):
    """What needs a process of its own: native output, signals, other transports, the end."""

    @classmethod
    def setUpClass(cls):
        cls.km, cls.kc = start_new_kernel(kernel_name=KERNEL)

    @classmethod
    def tearDownClass(cls):
        cls.kc.stop_channels()
        cls.km.shutdown_kernel()

    def run_code(self, code, kc=None):
        outputs = []
        reply = (kc or self.kc).execute_interactive(code, timeout=PATIENCE, output_hook=outputs.append)
        return reply["content"], outputs

    def text(self, outputs, name):
        return "".join(m["content"]["text"] for m in outputs if m["msg_type"] == "stream" and m["content"]["name"] == name)

    def wait_for_output(self, text):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.kc.get_iopub_msg(timeout=PATIENCE)
            if message["msg_type"] == "stream" and text in message["content"]["text"]:
                return
        self.fail(f"{text} was not printed")

    def assert_interrupted(self, interrupt, how):
        message = self.kc.execute('Console.WriteLine("running"); var kept = 5; ' + how)
        self.wait_for_output("running")
        time.sleep(0.2)
        begin = time.monotonic()
        interrupt()
        while (reply := self.kc.get_shell_msg(timeout=PATIENCE))["parent_header"]["msg_id"] != message:
            pass
        self.assertEqual(reply["content"]["ename"], "Interrupted")
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual(self.result("kept"), "5")

    def result(self, code):
        return next(m["content"]["data"]["text/plain"] for m in self.run_code(code)[1] if m["msg_type"] == "execute_result")

    def test_interrupt_by_message(self):
        self.assert_interrupted(self.km.interrupt_kernel, "while (true) { }")

    def test_interrupt_by_signal(self):
        self.assert_interrupted(lambda: self.km.signal_kernel(signal.SIGINT), "Thread.Sleep(60_000);")

    def test_signal_while_idle_hurts_nothing(self):
        self.km.signal_kernel(signal.SIGINT)
        self.assertEqual(self.result("1 + 1"), "2")

    def test_output_of_a_child_process_belongs_to_the_cell(self):
        code = 'System.Diagnostics.Process.Start("sh", ["-c", "echo to stdout é; echo to stderr >&2"]).WaitForExit();'
        _, outputs = self.run_code(code)
        self.assertEqual(self.text(outputs, "stdout"), "to stdout é\n")
        self.assertEqual(self.text(outputs, "stderr"), "to stderr\n")

    def test_output_of_native_code_belongs_to_the_cell(self):
        code = 'static class C { [System.Runtime.InteropServices.DllImport("libc")] public static extern int puts(string text); }\nC.puts("from libc");'
        _, outputs = self.run_code(code)
        self.assertEqual(self.text(outputs, "stdout"), "from libc\n")

    def test_two_clients_are_both_told(self):
        other = BlockingKernelClient()
        other.load_connection_file(self.km.connection_file)
        other.start_channels()
        try:
            other.wait_for_ready(timeout=PATIENCE)
            message = self.kc.execute('Console.WriteLine("for all");')
            while True:
                heard = other.get_iopub_msg(timeout=PATIENCE)
                if heard["parent_header"].get("msg_id") == message and heard["msg_type"] == "stream":
                    break
            self.kc.get_shell_msg(timeout=PATIENCE)
        finally:
            other.stop_channels()

    def test_a_client_that_connects_again_is_answered(self):
        again = self.km.client()  # with the same identity
        again.start_channels()
        try:
            again.wait_for_ready(timeout=PATIENCE)
        finally:
            again.stop_channels()
            self.kc.stop_channels()
            type(self).kc = self.km.client()
            self.kc.start_channels()
            self.kc.wait_for_ready(timeout=PATIENCE)

    def test_ipc_transport(self):
        with tempfile.TemporaryDirectory() as folder:
            km = KernelManager(kernel_name=KERNEL, transport="ipc", ip=os.path.join(folder, "kernel"))
            km.start_kernel()
            kc = km.client()
            kc.start_channels()
            try:
                kc.wait_for_ready(timeout=PATIENCE)
                reply, outputs = self.run_code("var a = 20; a + 1", kc)
                self.assertEqual(reply["status"], "ok")
                self.assertTrue(any(m["msg_type"] == "execute_result" for m in outputs))
            finally:
                kc.stop_channels()
                km.shutdown_kernel()

    def test_restart_while_a_cell_runs(self):
        km, kc = start_new_kernel(kernel_name=KERNEL)
        try:
            kc.execute("while (true) { }")
            time.sleep(1)
            km.restart_kernel()
            kc.wait_for_ready(timeout=PATIENCE)
            self.assertEqual(kc.execute_interactive("1", timeout=PATIENCE, output_hook=lambda m: None)["content"]["execution_count"], 1)
        finally:
            kc.stop_channels()
            km.shutdown_kernel()

    def test_the_kernel_ends_with_a_front_end_that_is_killed(self):
        starter = (
            "import time\nfrom jupyter_client.manager import start_new_kernel\n"
            f"km, kc = start_new_kernel(kernel_name='{KERNEL}')\n"
            "outputs = []\nkc.execute_interactive('Console.Write(Environment.ProcessId);', output_hook=outputs.append)\n"
            "print([m['content']['text'] for m in outputs if m['msg_type'] == 'stream'][0], flush=True)\ntime.sleep(600)"
        )
        front_end = subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True)
        kernel = pathlib.Path("/proc", front_end.stdout.readline().strip())
        self.assertTrue(kernel.exists())
        front_end.kill()
        front_end.wait()
        front_end.stdout.close()
        deadline = time.monotonic() + PATIENCE
        while kernel.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertFalse(kernel.exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
