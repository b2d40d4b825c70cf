#include "pypi_names.h"

#include <algorithm>
#include <array>

#include "envlock/core/text.h"

// The conda packages that bring Python distributions under other names than their own, as conda-forge and the channels
// of PyTorch and Anaconda build them. Whoever adds a line: sorted by conda name, PyPI names normalized, spaces between.

namespace envlock::lock {
namespace {

struct Row {
  std::string_view conda_name;
  std::string_view pypi_names;  // "": depends on python, but brings no distribution of its name
};

constexpr std::array kTable = {
    Row{"airflow", "apache-airflow"},
    Row{"antlr-python-runtime", "antlr4-python3-runtime"},
    Row{"arrow-cpp", ""},
    Row{"astropy-base", "astropy"},
    Row{"backports", ""},
    Row{"brotli-python", "brotli"},
    Row{"cpython", ""},
    Row{"cupy-core", "cupy"},
    Row{"cvxpy-base", "cvxpy"},
    Row{"dask-core", "dask"},
    Row{"docker-py", "docker"},
    Row{"faiss", "faiss faiss-cpu"},
    Row{"faiss-cpu", "faiss-cpu"},
    Row{"faiss-gpu", "faiss-gpu"},
    Row{"google-cloud-bigquery-core", "google-cloud-bigquery"},
    Row{"gurobi", "gurobipy"},
    Row{"jupyterhub-base", "jupyterhub"},
    Row{"libboost-python", ""},
    Row{"libboost-python-devel", ""},
    Row{"libopencv", ""},
    Row{"libsass-python", "libsass"},
    Row{"matplotlib-base", "matplotlib"},
    Row{"msgpack-python", "msgpack"},
    Row{"mujoco-python", "mujoco"},
    Row{"nbconvert-core", "nbconvert"},
    Row{"nbconvert-pandoc", ""},
    Row{"numpy-base", "numpy"},
    Row{"nvidia-apex", "apex"},
    Row{"opencv", "opencv-python opencv-python-headless"},
    Row{"ortools-python", "ortools"},
    Row{"pinocchio", "pin"},
    Row{"py-boost", ""},
    Row{"py-lief", "lief"},
    Row{"py-mxnet", "mxnet"},
    Row{"py-opencv", "opencv-python opencv-python-headless"},
    Row{"py-xgboost", "xgboost"},
    Row{"py-xgboost-cpu", "xgboost"},
    Row{"py-xgboost-gpu", "xgboost"},
    Row{"pyarrow-core", "pyarrow"},
    Row{"pyg", "torch-geometric"},
    Row{"pymc-base", "pymc"},
    Row{"pymol-open-source", "pymol"},
    Row{"pyqt", "pyqt5"},
    Row{"pyside2", "pyside2 shiboken2"},
    Row{"pyside6", "pyside6 shiboken6"},
    Row{"pysoundfile", "soundfile"},
    Row{"pytables", "tables"},
    Row{"pytensor-base", "pytensor"},
    Row{"python-annoy", "annoy"},
    Row{"python-blosc", "blosc"},
    Row{"python-blosc2", "blosc2"},
    Row{"python-build", "build"},
    Row{"python-clang", "clang"},
    Row{"python-confluent-kafka", "confluent-kafka"},
    Row{"python-duckdb", "duckdb"},
    Row{"python-eccodes", "eccodes"},
    Row{"python-fastjsonschema", "fastjsonschema"},
    Row{"python-flatbuffers", "flatbuffers"},
    Row{"python-freethreading", ""},
    Row{"python-gil", ""},
    Row{"python-gmsh", "gmsh"},
    Row{"python-graphviz", "graphviz"},
    Row{"python-igraph", "igraph python-igraph"},
    Row{"python-installer", "installer"},
    Row{"python-isal", "isal"},
    Row{"python-kaleido", "kaleido"},
    Row{"python-kubernetes", "kubernetes"},
    Row{"python-libarchive-c", "libarchive-c"},
    Row{"python-lmdb", "lmdb"},
    Row{"python-sounddevice", "sounddevice"},
    Row{"python-symengine", "symengine"},
    Row{"python-tzdata", "tzdata"},
    Row{"python-wget", "wget"},
    Row{"python-xxhash", "xxhash"},
    Row{"python-zopfli", "zopfli"},
    Row{"python.app", ""},
    Row{"python_abi", ""},
    Row{"pytorch", "torch"},
    Row{"pytorch-cpu", "torch"},
    Row{"pytorch-gpu", "torch"},
    Row{"pytorch_cluster", "torch-cluster"},
    Row{"pytorch_geometric", "torch-geometric"},
    Row{"pytorch_scatter", "torch-scatter"},
    Row{"pytorch_sparse", "torch-sparse"},
    Row{"pytorch_spline_conv", "torch-spline-conv"},
    Row{"pywin32-on-windows", ""},
    Row{"qtconsole-base", "qtconsole"},
    Row{"ray-core", "ray"},
    Row{"ray-data", "ray"},
    Row{"ray-default", "ray"},
    Row{"ray-rllib", "ray"},
    Row{"ray-serve", "ray"},
    Row{"ray-train", "ray"},
    Row{"ray-tune", "ray"},
    Row{"redis-py", "redis"},
    Row{"seaborn-base", "seaborn"},
    Row{"sentencepiece-python", "sentencepiece"},
    Row{"snakemake-minimal", "snakemake"},
    Row{"soxr-python", "soxr"},
    Row{"spacy-model-de_core_news_sm", "de-core-news-sm"},
    Row{"spacy-model-en_core_web_lg", "en-core-web-lg"},
    Row{"spacy-model-en_core_web_md", "en-core-web-md"},
    Row{"spacy-model-en_core_web_sm", "en-core-web-sm"},
    Row{"spacy-model-en_core_web_trf", "en-core-web-trf"},
    Row{"superset", "apache-superset"},
    Row{"tensorflow-base", "tensorflow"},
    Row{"tensorflow-cpu", "tensorflow"},
    Row{"tensorflow-gpu", "tensorflow"},
    Row{"torchtriton", "triton"},
    Row{"uvicorn-standard", "uvicorn"},
    Row{"vtk-base", "vtk"},
};

constexpr bool is_sorted_table() {
  for (std::size_t i = 1; i < kTable.size(); ++i) {
    if (!(kTable[i - 1].conda_name < kTable[i].conda_name)) return false;
  }
  return true;
}
static_assert(is_sorted_table());

}  // namespace

std::optional<std::vector<std::string>> pypi_names(std::string_view conda_name) {
  const auto* row = std::lower_bound(kTable.begin(), kTable.end(), conda_name,
                                     [](const Row& each, std::string_view name) { return each.conda_name < name; });
  if (row == kTable.end() || row->conda_name != conda_name) return std::nullopt;
  std::vector<std::string> names;
  for (const std::string_view name : core::split(row->pypi_names, ' ')) {
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

}  // namespace envlock::lock
