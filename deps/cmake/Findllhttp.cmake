# llhttp as a library (libllhttp-dev), or as the C sources that Debian 12's node-llhttp ships.
pkg_check_modules(LLHTTP IMPORTED_TARGET QUIET libllhttp)
if(LLHTTP_FOUND)
  add_library(llhttp::llhttp ALIAS PkgConfig::LLHTTP)
  set(llhttp_FOUND TRUE)
  return()
endif()

find_path(LLHTTP_INCLUDE llhttp.h PATHS /usr/share/include/llhttp PATH_SUFFIXES llhttp)
find_path(LLHTTP_SOURCE llhttp.c PATHS /usr/share/llhttp)
if(NOT LLHTTP_INCLUDE OR NOT LLHTTP_SOURCE)
  message(FATAL_ERROR "llhttp is missing: apt-get install libllhttp-dev, or node-llhttp on Debian 12")
endif()
add_library(pyrite_llhttp OBJECT
  ${LLHTTP_SOURCE}/llhttp.c ${LLHTTP_SOURCE}/http.c ${LLHTTP_SOURCE}/api.c)
target_include_directories(pyrite_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE})
target_compile_options(pyrite_llhttp PRIVATE -w -O2 -fno-omit-frame-pointer)
add_library(llhttp::llhttp ALIAS pyrite_llhttp)
set(llhttp_FOUND TRUE)
