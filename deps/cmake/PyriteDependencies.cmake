# Finds every library, pkg-config first, and names the Debian package of one that is missing.
find_package(PkgConfig REQUIRED)
set(PYRITE_LIBRARIES "")

function(pyrite_find name module debian)
  pkg_check_modules(${name} IMPORTED_TARGET QUIET ${module})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${module} is missing: apt-get install ${debian}")
  endif()
  set(PYRITE_LIBRARIES ${PYRITE_LIBRARIES} PkgConfig::${name} PARENT_SCOPE)
endfunction()

pyrite_find(UV "libuv>=1.44" libuv1-dev)
pyrite_find(ZLIB zlib zlib1g-dev)
pyrite_find(PROTOBUFC libprotobuf-c libprotobuf-c-dev)
pyrite_find(YAML yaml-0.1 libyaml-dev)
pyrite_find(CARES libcares libc-ares-dev)
pyrite_find(PCRE2 libpcre2-8 libpcre2-dev)
pyrite_find(JANSSON jansson libjansson-dev)

find_package(llhttp REQUIRED)
list(APPEND PYRITE_LIBRARIES llhttp::llhttp)
